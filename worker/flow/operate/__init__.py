"""What a person asks for: preview, trigger, replay, retry, settle, pause, forget, explain."""
