"""What is configured: functions and how a request finds one."""
