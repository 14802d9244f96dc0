#!/bin/sh
# Makes a certificate authority and a server certificate for localhost, for development only:
#   sh scripts/make-dev-ca.sh certs
#   TLS_CERT=certs/server.pem TLS_KEY=certs/server.key npm start
# Clients then have to trust certs/ca.pem. Run it again for a new server certificate; the authority is kept.
set -eu
folder=${1:-certs}
mkdir -p "$folder"
cd "$folder"
umask 077

if [ ! -f ca.key ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 \
    -keyout ca.key -out ca.pem -subj '/CN=reference-api development CA' \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
fi
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -keyout server.key -out server.csr -subj '/CN=localhost' 2>/dev/null
cat > server.ext <<'EXT'
subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
extendedKeyUsage=serverAuth
basicConstraints=CA:FALSE
EXT
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" \
  -days 90 -extfile server.ext -out server.pem 2>/dev/null
rm server.csr server.ext
echo "made $folder/ca.pem, $folder/server.pem and $folder/server.key"
