{
  "schema_version": 1,
  "algorithm": "ed25519",
  "key_id": "56475aa75463474c",
  "public_key": "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
  "signature": "b2ed1655414841b9ccaf72b54729d647a46c4fb5313482ca3ca93ec1013485e49e445b965b66326cc31e52aae5b24fc8c57fc2cef9349f039738dbe2c562b704"
}
