"""What handler code can change in the interpreter that it shares with the test, exchanged at the border."""
