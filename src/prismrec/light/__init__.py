"""Light models: small towers that rank as a large model does, and ONNX files to run them."""
