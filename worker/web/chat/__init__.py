"""What people ask in a chat: commands, and clicks on the buttons of messages."""
