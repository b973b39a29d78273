"""What disputes can be asked, one idea a module; what an owner may read stands apart."""
