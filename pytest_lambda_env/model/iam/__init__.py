"""IAM as far as Lambda needs it: policy documents, the execution role, and which permissions an AWS call asks for."""
