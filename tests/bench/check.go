// The reference of scripts/bench for a check: what a programmer of Go writes, net/http and a pool of pgx, with the
// service's own statement. Usage: check SOCKET DATABASE SQL.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/jackc/pgx/v4/pgxpool"
)

type answer struct {
	Message  string `json:"message"`
	Username string `json:"username"`
}

func main() {
	pool, err := pgxpool.Connect(context.Background(), os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if err := os.Chmod(os.Args[1], 0o666); err != nil {
		log.Fatal(err)
	}
	sql := os.Args[3]
	check := func(w http.ResponseWriter, r *http.Request) {
		username, err := find(r, pool, sql)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		json.NewEncoder(w).Encode(answer{"Welcome, " + username, username})
	}
	log.Fatal(http.Serve(listener, http.HandlerFunc(check)))
}

// find returns the name of the user whose session the request has.
func find(r *http.Request, pool *pgxpool.Pool, sql string) (string, error) {
	cookie, err := r.Cookie("access_token")
	if err != nil {
		return "", err
	}
	token, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256(token)
	var session, user int64
	var username, name, groups string
	var firstUse bool
	err = pool.QueryRow(r.Context(), sql, hash[:]).Scan(&session, &user, &username, &name, &groups, &firstUse)
	return username, err
}
