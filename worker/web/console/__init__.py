"""The console: server-rendered pages over the functions of flow/operate. It works without JavaScript."""
