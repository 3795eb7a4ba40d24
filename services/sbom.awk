# Reads the .deps.json files of published programs and writes the packages in them, those that are shipped, as a CycloneDX bill of materials.
# The SDK writes these files with one thing a line.
#   awk -f services/sbom.awk name=turnpike-control-plane artifacts/publish/control-plane/turnpike-control-plane.deps.json
/^  "libraries": / { libraries = 1 }
libraries && /^    "[^"]+\/[^"]+": / { split($1, package, /[":\/]/); sub(/^runtimepack\./, "", package[2]) }
libraries && /^      "type": "(package|runtimepack)"/ && !((package[2], package[3]) in seen) {
  seen[package[2], package[3]] = 1
  list = list (count++ ? ",\n" : "") "    {\"type\": \"library\", \"name\": \"" package[2] "\", \"version\": \"" package[3] \
    "\", \"purl\": \"pkg:nuget/" package[2] "@" package[3] "\"}"
}
/^  }/ { libraries = 0 }
END {
  print "{\n  \"bomFormat\": \"CycloneDX\",\n  \"specVersion\": \"1.5\",\n  \"version\": 1,"
  print "  \"metadata\": {\"component\": {\"type\": \"application\", \"name\": \"" name "\"}},"
  print "  \"components\": [\n" list "\n  ]\n}"
}
