"""The e-mail sender: order-emails -> SMTP, in a process of its own, so that a slow mail server slows nothing else."""
