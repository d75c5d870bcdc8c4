"""The only code that knows freezegun, moto and botocore."""
