#!/bin/sh
# ffmpeg as a source: ./ffmpeg.sh INPUT
# INPUT is a file, or the URL of another stream. -re plays a file at its own speed; a stream has one already, so leave it out there.
# ffmpeg ends when its input or its connection does: start it from a service that restarts it.
exec ffmpeg -v warning -re -i "$1" -vn -c:a libmp3lame -b:a 128k -ar 44100 \
  -f mp3 -content_type audio/mpeg -ice_name 'Radio Example' \
  icecast://source:SOURCE-PASSWORD@master.example.org:8000/live.mp3
