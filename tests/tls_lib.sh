# tls_lib.sh - sourced after lib.sh: certificates of a made-up authority, under $SCRATCH/tls.

# make_authority NAME: $SCRATCH/tls/NAME.crt signs others.
make_authority() {
    mkdir -p "$SCRATCH/tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -keyout "$SCRATCH/tls/$1.key" -out "$SCRATCH/tls/$1.crt" 2>/dev/null
}

# make_certificate NAME AUTHORITY ALTERNATIVE_NAMES: $SCRATCH/tls/NAME.crt and .key, for names like DNS:localhost,IP:127.0.0.1
make_certificate() {
    local at="$SCRATCH/tls"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$at/$1.key" -out "$at/$1.csr" 2>/dev/null &&
        openssl x509 -req -in "$at/$1.csr" -CA "$at/$2.crt" -CAkey "$at/$2.key" -CAcreateserial -days 2 -out "$at/$1.crt" \
            -extfile <(echo "subjectAltName=$3") 2>/dev/null &&
        chmod 600 "$at/$1.key"
}
