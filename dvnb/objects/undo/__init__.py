"""What operations change, written down before it happens, kept, and taken back."""
