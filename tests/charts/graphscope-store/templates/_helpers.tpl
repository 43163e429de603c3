{{- define "graphscope-store.class" -}}
{{- with .Values.global.storageClass | default .Values.persistence.storageClass }}
{{- printf "storageClassName: %s" . }}
{{- end }}
{{- end }}
