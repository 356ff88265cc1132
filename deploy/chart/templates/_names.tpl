{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}

{{- /* The webhook's flags, as a list in JSON. */ -}}
{{- define "modelgate.args" -}}
{{- $args := list "--namespace=$(POD_NAMESPACE)" "--shutdown-delay=5s" "--drain-timeout=100s" }}
{{- if eq .Values.certificates.issuer "cert-manager" }}
{{- $args = concat $args (list "--webhook-cert-path=/certificates" "--patch-ca-bundle=false") }}
{{- end }}
{{- toJson (concat $args .Values.extraArgs) }}
{{- end }}

{{- /* The reconciler's flags, as a list in JSON. */ -}}
{{- define "modelgate.reconcilerArgs" -}}
{{- toJson (concat (list "--namespace=$(POD_NAMESPACE)") .Values.reconciler.extraArgs) }}
{{- end }}

{{- /* The reviewed namespaces, as a list of matchExpressions in JSON. */ -}}
{{- define "modelgate.namespaces" -}}
{{- $out := prepend .Values.registrations.leftOutNamespaces .Release.Namespace | uniq }}
{{- $ours := dict "key" "kubernetes.io/metadata.name" "operator" "NotIn" "values" $out }}
{{- toJson (append .Values.registrations.matchExpressions $ours) }}
{{- end }}

{{- /* The same namespaces, for the warning that they are not reviewed. */ -}}
{{- define "modelgate.leftOut" -}}
{{- $out := prepend .Values.registrations.leftOutNamespaces .Release.Namespace | uniq }}
{{- toJson (list (dict "key" "kubernetes.io/metadata.name" "operator" "In" "values" $out)) }}
{{- end }}
