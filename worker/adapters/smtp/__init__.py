"""Mail over SMTP: the client (aiosmtplib) and the MIME message."""
