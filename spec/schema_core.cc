// SPDX-License-Identifier: Apache-2.0
//
// Made by spec/make_schema_core.py from the OpenAPI documents of Kubernetes 1.36.3; do not edit.
#include "spec/schema_core.h"

namespace modelgate::spec::schema {
namespace {

constexpr auto kAWSElasticBlockStoreVolumeSourceFields =
    sorted(std::array{Field{"fsType", &kString}, Field{"partition", &kInt32}, Field{"readOnly", &kBoolean},
                      Field{"volumeID", &kString}});
constexpr auto kAffinityFields =
    sorted(std::array{Field{"nodeAffinity", &kNodeAffinity}, Field{"podAffinity", &kPodAffinity},
                      Field{"podAntiAffinity", &kPodAntiAffinity}});
constexpr auto kAppArmorProfileFields =
    sorted(std::array{Field{"localhostProfile", &kString}, Field{"type", &kString}});
constexpr auto kAzureDiskVolumeSourceFields =
    sorted(std::array{Field{"cachingMode", &kString}, Field{"diskName", &kString}, Field{"diskURI", &kString},
                      Field{"fsType", &kString}, Field{"kind", &kString}, Field{"readOnly", &kBoolean}});
constexpr auto kAzureFileVolumeSourceFields = sorted(
    std::array{Field{"readOnly", &kBoolean}, Field{"secretName", &kString}, Field{"shareName", &kString}});
constexpr auto kCSIVolumeSourceFields =
    sorted(std::array{Field{"driver", &kString}, Field{"fsType", &kString},
                      Field{"nodePublishSecretRef", &kLocalObjectReference}, Field{"readOnly", &kBoolean},
                      Field{"volumeAttributes", &kStringMap}});
constexpr auto kCapabilitiesFields =
    sorted(std::array{Field{"add", &kStringList}, Field{"drop", &kStringList}});
constexpr auto kCephFSVolumeSourceFields = sorted(std::array{
    Field{"monitors", &kStringList}, Field{"path", &kString}, Field{"readOnly", &kBoolean},
    Field{"secretFile", &kString}, Field{"secretRef", &kLocalObjectReference}, Field{"user", &kString}});
constexpr auto kCinderVolumeSourceFields =
    sorted(std::array{Field{"fsType", &kString}, Field{"readOnly", &kBoolean},
                      Field{"secretRef", &kLocalObjectReference}, Field{"volumeID", &kString}});
constexpr auto kClusterTrustBundleProjectionFields =
    sorted(std::array{Field{"labelSelector", &kLabelSelector}, Field{"name", &kString},
                      Field{"optional", &kBoolean}, Field{"path", &kString}, Field{"signerName", &kString}});
constexpr auto kConfigMapEnvSourceFields =
    sorted(std::array{Field{"name", &kString}, Field{"optional", &kBoolean}});
constexpr auto kConfigMapKeySelectorFields =
    sorted(std::array{Field{"key", &kString}, Field{"name", &kString}, Field{"optional", &kBoolean}});
constexpr auto kConfigMapProjectionFields = sorted(
    std::array{Field{"items", &kKeyToPathList}, Field{"name", &kString}, Field{"optional", &kBoolean}});
constexpr auto kConfigMapVolumeSourceFields =
    sorted(std::array{Field{"defaultMode", &kInt32}, Field{"items", &kKeyToPathList}, Field{"name", &kString},
                      Field{"optional", &kBoolean}});
constexpr auto kContainerFields =
    sorted(std::array{Field{"args", &kStringList},
                      Field{"command", &kStringList},
                      Field{"env", &kEnvVarListByName},
                      Field{"envFrom", &kEnvFromSourceList},
                      Field{"image", &kString},
                      Field{"imagePullPolicy", &kString},
                      Field{"lifecycle", &kLifecycle},
                      Field{"livenessProbe", &kProbe},
                      Field{"name", &kString},
                      Field{"ports", &kContainerPortListByContainerPortAndProtocol},
                      Field{"readinessProbe", &kProbe},
                      Field{"resizePolicy", &kContainerResizePolicyList},
                      Field{"resources", &kResourceRequirements},
                      Field{"restartPolicy", &kString},
                      Field{"restartPolicyRules", &kContainerRestartRuleList},
                      Field{"securityContext", &kSecurityContext},
                      Field{"startupProbe", &kProbe},
                      Field{"stdin", &kBoolean},
                      Field{"stdinOnce", &kBoolean},
                      Field{"terminationMessagePath", &kString},
                      Field{"terminationMessagePolicy", &kString},
                      Field{"tty", &kBoolean},
                      Field{"volumeDevices", &kVolumeDeviceListByDevicePath},
                      Field{"volumeMounts", &kVolumeMountListByMountPath},
                      Field{"workingDir", &kString}});
constexpr auto kContainerPortFields =
    sorted(std::array{Field{"containerPort", &kInt32}, Field{"hostIP", &kString}, Field{"hostPort", &kInt32},
                      Field{"name", &kString}, Field{"protocol", &kString}});
constexpr auto kContainerResizePolicyFields =
    sorted(std::array{Field{"resourceName", &kString}, Field{"restartPolicy", &kString}});
constexpr auto kContainerRestartRuleFields =
    sorted(std::array{Field{"action", &kString}, Field{"exitCodes", &kContainerRestartRuleOnExitCodes}});
constexpr auto kContainerRestartRuleOnExitCodesFields =
    sorted(std::array{Field{"operator", &kString}, Field{"values", &kInt32List}});
constexpr auto kDeploymentStrategyFields =
    sorted(std::array{Field{"rollingUpdate", &kRollingUpdateDeployment}, Field{"type", &kString}});
constexpr auto kDownwardAPIProjectionFields = sorted(std::array{Field{"items", &kDownwardAPIVolumeFileList}});
constexpr auto kDownwardAPIVolumeFileFields =
    sorted(std::array{Field{"fieldRef", &kObjectFieldSelector}, Field{"mode", &kInt32},
                      Field{"path", &kString}, Field{"resourceFieldRef", &kResourceFieldSelector}});
constexpr auto kDownwardAPIVolumeSourceFields =
    sorted(std::array{Field{"defaultMode", &kInt32}, Field{"items", &kDownwardAPIVolumeFileList}});
constexpr auto kEmptyDirVolumeSourceFields =
    sorted(std::array{Field{"medium", &kString}, Field{"sizeLimit", &kQuantity}});
constexpr auto kEnvFromSourceFields =
    sorted(std::array{Field{"configMapRef", &kConfigMapEnvSource}, Field{"prefix", &kString},
                      Field{"secretRef", &kSecretEnvSource}});
constexpr auto kEnvVarFields = sorted(
    std::array{Field{"name", &kString}, Field{"value", &kSecretString}, Field{"valueFrom", &kEnvVarSource}});
constexpr auto kEnvVarSourceFields = sorted(
    std::array{Field{"configMapKeyRef", &kConfigMapKeySelector}, Field{"fieldRef", &kObjectFieldSelector},
               Field{"fileKeyRef", &kFileKeySelector}, Field{"resourceFieldRef", &kResourceFieldSelector},
               Field{"secretKeyRef", &kSecretKeySelector}});
constexpr auto kEphemeralContainerFields =
    sorted(std::array{Field{"args", &kStringList},
                      Field{"command", &kStringList},
                      Field{"env", &kEnvVarListByName},
                      Field{"envFrom", &kEnvFromSourceList},
                      Field{"image", &kString},
                      Field{"imagePullPolicy", &kString},
                      Field{"lifecycle", &kLifecycle},
                      Field{"livenessProbe", &kProbe},
                      Field{"name", &kString},
                      Field{"ports", &kContainerPortListByContainerPortAndProtocol},
                      Field{"readinessProbe", &kProbe},
                      Field{"resizePolicy", &kContainerResizePolicyList},
                      Field{"resources", &kResourceRequirements},
                      Field{"restartPolicy", &kString},
                      Field{"restartPolicyRules", &kContainerRestartRuleList},
                      Field{"securityContext", &kSecurityContext},
                      Field{"startupProbe", &kProbe},
                      Field{"stdin", &kBoolean},
                      Field{"stdinOnce", &kBoolean},
                      Field{"targetContainerName", &kString},
                      Field{"terminationMessagePath", &kString},
                      Field{"terminationMessagePolicy", &kString},
                      Field{"tty", &kBoolean},
                      Field{"volumeDevices", &kVolumeDeviceListByDevicePath},
                      Field{"volumeMounts", &kVolumeMountListByMountPath},
                      Field{"workingDir", &kString}});
constexpr auto kEphemeralVolumeSourceFields =
    sorted(std::array{Field{"volumeClaimTemplate", &kPersistentVolumeClaimTemplate}});
constexpr auto kExecActionFields = sorted(std::array{Field{"command", &kStringList}});
constexpr auto kFCVolumeSourceFields =
    sorted(std::array{Field{"fsType", &kString}, Field{"lun", &kInt32}, Field{"readOnly", &kBoolean},
                      Field{"targetWWNs", &kStringList}, Field{"wwids", &kStringList}});
constexpr auto kFileKeySelectorFields =
    sorted(std::array{Field{"key", &kString}, Field{"optional", &kBoolean}, Field{"path", &kString},
                      Field{"volumeName", &kString}});
constexpr auto kFlexVolumeSourceFields =
    sorted(std::array{Field{"driver", &kString}, Field{"fsType", &kString}, Field{"options", &kStringMap},
                      Field{"readOnly", &kBoolean}, Field{"secretRef", &kLocalObjectReference}});
constexpr auto kFlockerVolumeSourceFields =
    sorted(std::array{Field{"datasetName", &kString}, Field{"datasetUUID", &kString}});
constexpr auto kGCEPersistentDiskVolumeSourceFields =
    sorted(std::array{Field{"fsType", &kString}, Field{"partition", &kInt32}, Field{"pdName", &kString},
                      Field{"readOnly", &kBoolean}});
constexpr auto kGRPCActionFields = sorted(std::array{Field{"port", &kInt32}, Field{"service", &kString}});
constexpr auto kGitRepoVolumeSourceFields = sorted(
    std::array{Field{"directory", &kString}, Field{"repository", &kString}, Field{"revision", &kString}});
constexpr auto kGlusterfsVolumeSourceFields =
    sorted(std::array{Field{"endpoints", &kString}, Field{"path", &kString}, Field{"readOnly", &kBoolean}});
constexpr auto kHPAScalingPolicyFields =
    sorted(std::array{Field{"periodSeconds", &kInt32}, Field{"type", &kString}, Field{"value", &kInt32}});
constexpr auto kHPAScalingRulesFields =
    sorted(std::array{Field{"policies", &kHPAScalingPolicyList}, Field{"selectPolicy", &kString},
                      Field{"stabilizationWindowSeconds", &kInt32}, Field{"tolerance", &kQuantity}});
constexpr auto kHTTPGetActionFields =
    sorted(std::array{Field{"host", &kString}, Field{"httpHeaders", &kHTTPHeaderList},
                      Field{"path", &kString}, Field{"port", &kIntOrString}, Field{"scheme", &kString}});
constexpr auto kHTTPHeaderFields =
    sorted(std::array{Field{"name", &kString}, Field{"value", &kSecretString}});
constexpr auto kHorizontalPodAutoscalerBehaviorFields =
    sorted(std::array{Field{"scaleDown", &kHPAScalingRules}, Field{"scaleUp", &kHPAScalingRules}});
constexpr auto kHostAliasFields = sorted(std::array{Field{"hostnames", &kStringList}, Field{"ip", &kString}});
constexpr auto kHostPathVolumeSourceFields =
    sorted(std::array{Field{"path", &kString}, Field{"type", &kString}});
constexpr auto kISCSIVolumeSourceFields = sorted(std::array{
    Field{"chapAuthDiscovery", &kBoolean}, Field{"chapAuthSession", &kBoolean}, Field{"fsType", &kString},
    Field{"initiatorName", &kString}, Field{"iqn", &kString}, Field{"iscsiInterface", &kString},
    Field{"lun", &kInt32}, Field{"portals", &kStringList}, Field{"readOnly", &kBoolean},
    Field{"secretRef", &kLocalObjectReference}, Field{"targetPortal", &kString}});
constexpr auto kImageVolumeSourceFields =
    sorted(std::array{Field{"pullPolicy", &kString}, Field{"reference", &kString}});
constexpr auto kKeyToPathFields =
    sorted(std::array{Field{"key", &kString}, Field{"mode", &kInt32}, Field{"path", &kString}});
constexpr auto kLabelSelectorFields = sorted(
    std::array{Field{"matchExpressions", &kLabelSelectorRequirementList}, Field{"matchLabels", &kStringMap}});
constexpr auto kLabelSelectorRequirementFields =
    sorted(std::array{Field{"key", &kString}, Field{"operator", &kString}, Field{"values", &kStringList}});
constexpr auto kLifecycleFields =
    sorted(std::array{Field{"postStart", &kLifecycleHandler}, Field{"preStop", &kLifecycleHandler},
                      Field{"stopSignal", &kString}});
constexpr auto kLifecycleHandlerFields =
    sorted(std::array{Field{"exec", &kExecAction}, Field{"httpGet", &kHTTPGetAction},
                      Field{"sleep", &kSleepAction}, Field{"tcpSocket", &kTCPSocketAction}});
constexpr auto kLocalObjectReferenceFields = sorted(std::array{Field{"name", &kString}});
constexpr auto kNFSVolumeSourceFields =
    sorted(std::array{Field{"path", &kString}, Field{"readOnly", &kBoolean}, Field{"server", &kString}});
constexpr auto kNodeAffinityFields =
    sorted(std::array{Field{"preferredDuringSchedulingIgnoredDuringExecution", &kPreferredSchedulingTermList},
                      Field{"requiredDuringSchedulingIgnoredDuringExecution", &kNodeSelector}});
constexpr auto kNodeSelectorFields = sorted(std::array{Field{"nodeSelectorTerms", &kNodeSelectorTermList}});
constexpr auto kNodeSelectorRequirementFields =
    sorted(std::array{Field{"key", &kString}, Field{"operator", &kString}, Field{"values", &kStringList}});
constexpr auto kNodeSelectorTermFields =
    sorted(std::array{Field{"matchExpressions", &kNodeSelectorRequirementList},
                      Field{"matchFields", &kNodeSelectorRequirementList}});
constexpr auto kObjectFieldSelectorFields =
    sorted(std::array{Field{"apiVersion", &kString}, Field{"fieldPath", &kString}});
constexpr auto kObjectMetaFields = sorted(std::array{
    Field{"annotations", &kStringMap}, Field{"creationTimestamp", &kString},
    Field{"deletionGracePeriodSeconds", &kInt64}, Field{"deletionTimestamp", &kString},
    Field{"finalizers", &kStringList}, Field{"generateName", &kString}, Field{"generation", &kInt64},
    Field{"labels", &kStringMap}, Field{"managedFields", &kAnyList}, Field{"name", &kString},
    Field{"namespace", &kString}, Field{"ownerReferences", &kOwnerReferenceListByUid},
    Field{"resourceVersion", &kString}, Field{"selfLink", &kString}, Field{"uid", &kString}});
constexpr auto kOwnerReferenceFields = sorted(std::array{
    Field{"apiVersion", &kString}, Field{"blockOwnerDeletion", &kBoolean}, Field{"controller", &kBoolean},
    Field{"kind", &kString}, Field{"name", &kString}, Field{"uid", &kString}});
constexpr auto kPersistentVolumeClaimSpecFields =
    sorted(std::array{Field{"accessModes", &kStringList}, Field{"dataSource", &kTypedLocalObjectReference},
                      Field{"dataSourceRef", &kTypedObjectReference},
                      Field{"resources", &kVolumeResourceRequirements}, Field{"selector", &kLabelSelector},
                      Field{"storageClassName", &kString}, Field{"volumeAttributesClassName", &kString},
                      Field{"volumeMode", &kString}, Field{"volumeName", &kString}});
constexpr auto kPersistentVolumeClaimTemplateFields =
    sorted(std::array{Field{"metadata", &kObjectMeta}, Field{"spec", &kPersistentVolumeClaimSpec}});
constexpr auto kPersistentVolumeClaimVolumeSourceFields =
    sorted(std::array{Field{"claimName", &kString}, Field{"readOnly", &kBoolean}});
constexpr auto kPhotonPersistentDiskVolumeSourceFields =
    sorted(std::array{Field{"fsType", &kString}, Field{"pdID", &kString}});
constexpr auto kPodFields =
    sorted(std::array{Field{"apiVersion", &kString}, Field{"kind", &kString}, Field{"metadata", &kObjectMeta},
                      Field{"spec", &kPodSpec}, Field{"status", &kAny}});
constexpr auto kPodAffinityFields =
    sorted(std::array{Field{"preferredDuringSchedulingIgnoredDuringExecution", &kWeightedPodAffinityTermList},
                      Field{"requiredDuringSchedulingIgnoredDuringExecution", &kPodAffinityTermList}});
constexpr auto kPodAffinityTermFields =
    sorted(std::array{Field{"labelSelector", &kLabelSelector}, Field{"matchLabelKeys", &kStringList},
                      Field{"mismatchLabelKeys", &kStringList}, Field{"namespaceSelector", &kLabelSelector},
                      Field{"namespaces", &kStringList}, Field{"topologyKey", &kString}});
constexpr auto kPodAntiAffinityFields =
    sorted(std::array{Field{"preferredDuringSchedulingIgnoredDuringExecution", &kWeightedPodAffinityTermList},
                      Field{"requiredDuringSchedulingIgnoredDuringExecution", &kPodAffinityTermList}});
constexpr auto kPodCertificateProjectionFields = sorted(
    std::array{Field{"certificateChainPath", &kString}, Field{"credentialBundlePath", &kString},
               Field{"keyPath", &kString}, Field{"keyType", &kString}, Field{"maxExpirationSeconds", &kInt32},
               Field{"signerName", &kString}, Field{"userAnnotations", &kStringMap}});
constexpr auto kPodDNSConfigFields =
    sorted(std::array{Field{"nameservers", &kStringList}, Field{"options", &kPodDNSConfigOptionList},
                      Field{"searches", &kStringList}});
constexpr auto kPodDNSConfigOptionFields =
    sorted(std::array{Field{"name", &kString}, Field{"value", &kString}});
constexpr auto kPodOSFields = sorted(std::array{Field{"name", &kString}});
constexpr auto kPodReadinessGateFields = sorted(std::array{Field{"conditionType", &kString}});
constexpr auto kPodResourceClaimFields =
    sorted(std::array{Field{"name", &kString}, Field{"resourceClaimName", &kString},
                      Field{"resourceClaimTemplateName", &kString}});
constexpr auto kPodSchedulingGateFields = sorted(std::array{Field{"name", &kString}});
constexpr auto kPodSchedulingGroupFields = sorted(std::array{Field{"podGroupName", &kString}});
constexpr auto kPodSecurityContextFields = sorted(std::array{
    Field{"appArmorProfile", &kAppArmorProfile}, Field{"fsGroup", &kInt64},
    Field{"fsGroupChangePolicy", &kString}, Field{"runAsGroup", &kInt64}, Field{"runAsNonRoot", &kBoolean},
    Field{"runAsUser", &kInt64}, Field{"seLinuxChangePolicy", &kString},
    Field{"seLinuxOptions", &kSELinuxOptions}, Field{"seccompProfile", &kSeccompProfile},
    Field{"supplementalGroups", &kInt64List}, Field{"supplementalGroupsPolicy", &kString},
    Field{"sysctls", &kSysctlList}, Field{"windowsOptions", &kWindowsSecurityContextOptions}});
constexpr auto kPodSpecFields = sorted(std::array{
    Field{"activeDeadlineSeconds", &kInt64},
    Field{"affinity", &kAffinity},
    Field{"automountServiceAccountToken", &kBoolean},
    Field{"containers", &kContainerListByName},
    Field{"dnsConfig", &kPodDNSConfig},
    Field{"dnsPolicy", &kString},
    Field{"enableServiceLinks", &kBoolean},
    Field{"ephemeralContainers", &kEphemeralContainerListByName},
    Field{"hostAliases", &kHostAliasListByIp},
    Field{"hostIPC", &kBoolean},
    Field{"hostNetwork", &kBoolean},
    Field{"hostPID", &kBoolean},
    Field{"hostUsers", &kBoolean},
    Field{"hostname", &kString},
    Field{"hostnameOverride", &kString},
    Field{"imagePullSecrets", &kLocalObjectReferenceListByName},
    Field{"initContainers", &kContainerListByName},
    Field{"nodeName", &kString},
    Field{"nodeSelector", &kStringMap},
    Field{"os", &kPodOS},
    Field{"overhead", &kQuantityMap},
    Field{"preemptionPolicy", &kString},
    Field{"priority", &kInt32},
    Field{"priorityClassName", &kString},
    Field{"readinessGates", &kPodReadinessGateList},
    Field{"resourceClaims", &kPodResourceClaimListByName},
    Field{"resources", &kResourceRequirements},
    Field{"restartPolicy", &kString},
    Field{"runtimeClassName", &kString},
    Field{"schedulerName", &kString},
    Field{"schedulingGates", &kPodSchedulingGateListByName},
    Field{"schedulingGroup", &kPodSchedulingGroup},
    Field{"securityContext", &kPodSecurityContext},
    Field{"serviceAccount", &kString},
    Field{"serviceAccountName", &kString},
    Field{"setHostnameAsFQDN", &kBoolean},
    Field{"shareProcessNamespace", &kBoolean},
    Field{"subdomain", &kString},
    Field{"terminationGracePeriodSeconds", &kInt64},
    Field{"tolerations", &kTolerationList},
    Field{"topologySpreadConstraints", &kTopologySpreadConstraintListByTopologyKeyAndWhenUnsatisfiable},
    Field{"volumes", &kVolumeListByName}});
constexpr auto kPortworxVolumeSourceFields =
    sorted(std::array{Field{"fsType", &kString}, Field{"readOnly", &kBoolean}, Field{"volumeID", &kString}});
constexpr auto kPreferredSchedulingTermFields =
    sorted(std::array{Field{"preference", &kNodeSelectorTerm}, Field{"weight", &kInt32}});
constexpr auto kProbeFields = sorted(std::array{
    Field{"exec", &kExecAction}, Field{"failureThreshold", &kInt32}, Field{"grpc", &kGRPCAction},
    Field{"httpGet", &kHTTPGetAction}, Field{"initialDelaySeconds", &kInt32}, Field{"periodSeconds", &kInt32},
    Field{"successThreshold", &kInt32}, Field{"tcpSocket", &kTCPSocketAction},
    Field{"terminationGracePeriodSeconds", &kInt64}, Field{"timeoutSeconds", &kInt32}});
constexpr auto kProjectedVolumeSourceFields =
    sorted(std::array{Field{"defaultMode", &kInt32}, Field{"sources", &kVolumeProjectionList}});
constexpr auto kQuobyteVolumeSourceFields =
    sorted(std::array{Field{"group", &kString}, Field{"readOnly", &kBoolean}, Field{"registry", &kString},
                      Field{"tenant", &kString}, Field{"user", &kString}, Field{"volume", &kString}});
constexpr auto kRBDVolumeSourceFields =
    sorted(std::array{Field{"fsType", &kString}, Field{"image", &kString}, Field{"keyring", &kString},
                      Field{"monitors", &kStringList}, Field{"pool", &kString}, Field{"readOnly", &kBoolean},
                      Field{"secretRef", &kLocalObjectReference}, Field{"user", &kString}});
constexpr auto kResourceClaimFields = sorted(std::array{Field{"name", &kString}, Field{"request", &kString}});
constexpr auto kResourceFieldSelectorFields = sorted(
    std::array{Field{"containerName", &kString}, Field{"divisor", &kQuantity}, Field{"resource", &kString}});
constexpr auto kResourceRequirementsFields =
    sorted(std::array{Field{"claims", &kResourceClaimListByNameAtomic}, Field{"limits", &kQuantityMap},
                      Field{"requests", &kQuantityMap}});
constexpr auto kRollingUpdateDeploymentFields =
    sorted(std::array{Field{"maxSurge", &kIntOrString}, Field{"maxUnavailable", &kIntOrString}});
constexpr auto kSELinuxOptionsFields = sorted(std::array{Field{"level", &kString}, Field{"role", &kString},
                                                         Field{"type", &kString}, Field{"user", &kString}});
constexpr auto kScaleIOVolumeSourceFields = sorted(
    std::array{Field{"fsType", &kString}, Field{"gateway", &kString}, Field{"protectionDomain", &kString},
               Field{"readOnly", &kBoolean}, Field{"secretRef", &kLocalObjectReference},
               Field{"sslEnabled", &kBoolean}, Field{"storageMode", &kString}, Field{"storagePool", &kString},
               Field{"system", &kString}, Field{"volumeName", &kString}});
constexpr auto kSeccompProfileFields =
    sorted(std::array{Field{"localhostProfile", &kString}, Field{"type", &kString}});
constexpr auto kSecretEnvSourceFields =
    sorted(std::array{Field{"name", &kString}, Field{"optional", &kBoolean}});
constexpr auto kSecretKeySelectorFields =
    sorted(std::array{Field{"key", &kString}, Field{"name", &kString}, Field{"optional", &kBoolean}});
constexpr auto kSecretProjectionFields = sorted(
    std::array{Field{"items", &kKeyToPathList}, Field{"name", &kString}, Field{"optional", &kBoolean}});
constexpr auto kSecretVolumeSourceFields =
    sorted(std::array{Field{"defaultMode", &kInt32}, Field{"items", &kKeyToPathList},
                      Field{"optional", &kBoolean}, Field{"secretName", &kString}});
constexpr auto kSecurityContextFields = sorted(std::array{
    Field{"allowPrivilegeEscalation", &kBoolean}, Field{"appArmorProfile", &kAppArmorProfile},
    Field{"capabilities", &kCapabilities}, Field{"privileged", &kBoolean}, Field{"procMount", &kString},
    Field{"readOnlyRootFilesystem", &kBoolean}, Field{"runAsGroup", &kInt64},
    Field{"runAsNonRoot", &kBoolean}, Field{"runAsUser", &kInt64}, Field{"seLinuxOptions", &kSELinuxOptions},
    Field{"seccompProfile", &kSeccompProfile}, Field{"windowsOptions", &kWindowsSecurityContextOptions}});
constexpr auto kServiceAccountTokenProjectionFields = sorted(
    std::array{Field{"audience", &kString}, Field{"expirationSeconds", &kInt64}, Field{"path", &kString}});
constexpr auto kSleepActionFields = sorted(std::array{Field{"seconds", &kInt64}});
constexpr auto kStorageOSVolumeSourceFields = sorted(std::array{
    Field{"fsType", &kString}, Field{"readOnly", &kBoolean}, Field{"secretRef", &kLocalObjectReference},
    Field{"volumeName", &kString}, Field{"volumeNamespace", &kString}});
constexpr auto kSysctlFields = sorted(std::array{Field{"name", &kString}, Field{"value", &kString}});
constexpr auto kTCPSocketActionFields =
    sorted(std::array{Field{"host", &kString}, Field{"port", &kIntOrString}});
constexpr auto kTolerationFields =
    sorted(std::array{Field{"effect", &kString}, Field{"key", &kString}, Field{"operator", &kString},
                      Field{"tolerationSeconds", &kInt64}, Field{"value", &kString}});
constexpr auto kTopologySpreadConstraintFields = sorted(std::array{
    Field{"labelSelector", &kLabelSelector}, Field{"matchLabelKeys", &kStringList}, Field{"maxSkew", &kInt32},
    Field{"minDomains", &kInt32}, Field{"nodeAffinityPolicy", &kString}, Field{"nodeTaintsPolicy", &kString},
    Field{"topologyKey", &kString}, Field{"whenUnsatisfiable", &kString}});
constexpr auto kTypedLocalObjectReferenceFields =
    sorted(std::array{Field{"apiGroup", &kString}, Field{"kind", &kString}, Field{"name", &kString}});
constexpr auto kTypedObjectReferenceFields =
    sorted(std::array{Field{"apiGroup", &kString}, Field{"kind", &kString}, Field{"name", &kString},
                      Field{"namespace", &kString}});
constexpr auto kVolumeFields =
    sorted(std::array{Field{"awsElasticBlockStore", &kAWSElasticBlockStoreVolumeSource},
                      Field{"azureDisk", &kAzureDiskVolumeSource},
                      Field{"azureFile", &kAzureFileVolumeSource},
                      Field{"cephfs", &kCephFSVolumeSource},
                      Field{"cinder", &kCinderVolumeSource},
                      Field{"configMap", &kConfigMapVolumeSource},
                      Field{"csi", &kCSIVolumeSource},
                      Field{"downwardAPI", &kDownwardAPIVolumeSource},
                      Field{"emptyDir", &kEmptyDirVolumeSource},
                      Field{"ephemeral", &kEphemeralVolumeSource},
                      Field{"fc", &kFCVolumeSource},
                      Field{"flexVolume", &kFlexVolumeSource},
                      Field{"flocker", &kFlockerVolumeSource},
                      Field{"gcePersistentDisk", &kGCEPersistentDiskVolumeSource},
                      Field{"gitRepo", &kGitRepoVolumeSource},
                      Field{"glusterfs", &kGlusterfsVolumeSource},
                      Field{"hostPath", &kHostPathVolumeSource},
                      Field{"image", &kImageVolumeSource},
                      Field{"iscsi", &kISCSIVolumeSource},
                      Field{"name", &kString},
                      Field{"nfs", &kNFSVolumeSource},
                      Field{"persistentVolumeClaim", &kPersistentVolumeClaimVolumeSource},
                      Field{"photonPersistentDisk", &kPhotonPersistentDiskVolumeSource},
                      Field{"portworxVolume", &kPortworxVolumeSource},
                      Field{"projected", &kProjectedVolumeSource},
                      Field{"quobyte", &kQuobyteVolumeSource},
                      Field{"rbd", &kRBDVolumeSource},
                      Field{"scaleIO", &kScaleIOVolumeSource},
                      Field{"secret", &kSecretVolumeSource},
                      Field{"storageos", &kStorageOSVolumeSource},
                      Field{"vsphereVolume", &kVsphereVirtualDiskVolumeSource}});
constexpr auto kVolumeDeviceFields =
    sorted(std::array{Field{"devicePath", &kString}, Field{"name", &kString}});
constexpr auto kVolumeMountFields = sorted(
    std::array{Field{"mountPath", &kString}, Field{"mountPropagation", &kString}, Field{"name", &kString},
               Field{"readOnly", &kBoolean}, Field{"recursiveReadOnly", &kString}, Field{"subPath", &kString},
               Field{"subPathExpr", &kString}});
constexpr auto kVolumeProjectionFields = sorted(std::array{
    Field{"clusterTrustBundle", &kClusterTrustBundleProjection}, Field{"configMap", &kConfigMapProjection},
    Field{"downwardAPI", &kDownwardAPIProjection}, Field{"podCertificate", &kPodCertificateProjection},
    Field{"secret", &kSecretProjection}, Field{"serviceAccountToken", &kServiceAccountTokenProjection}});
constexpr auto kVolumeResourceRequirementsFields =
    sorted(std::array{Field{"limits", &kQuantityMap}, Field{"requests", &kQuantityMap}});
constexpr auto kVsphereVirtualDiskVolumeSourceFields =
    sorted(std::array{Field{"fsType", &kString}, Field{"storagePolicyID", &kString},
                      Field{"storagePolicyName", &kString}, Field{"volumePath", &kString}});
constexpr auto kWeightedPodAffinityTermFields =
    sorted(std::array{Field{"podAffinityTerm", &kPodAffinityTerm}, Field{"weight", &kInt32}});
constexpr auto kWindowsSecurityContextOptionsFields =
    sorted(std::array{Field{"gmsaCredentialSpec", &kString}, Field{"gmsaCredentialSpecName", &kString},
                      Field{"hostProcess", &kBoolean}, Field{"runAsUserName", &kString}});

}  // namespace

constinit const Type kAWSElasticBlockStoreVolumeSource =
    object("AWSElasticBlockStoreVolumeSource", kAWSElasticBlockStoreVolumeSourceFields);
constinit const Type kAffinity = object("Affinity", kAffinityFields);
constinit const Type kAppArmorProfile = object("AppArmorProfile", kAppArmorProfileFields);
constinit const Type kAzureDiskVolumeSource = object("AzureDiskVolumeSource", kAzureDiskVolumeSourceFields);
constinit const Type kAzureFileVolumeSource = object("AzureFileVolumeSource", kAzureFileVolumeSourceFields);
constinit const Type kCSIVolumeSource = object("CSIVolumeSource", kCSIVolumeSourceFields);
constinit const Type kCapabilities = object("Capabilities", kCapabilitiesFields);
constinit const Type kCephFSVolumeSource = object("CephFSVolumeSource", kCephFSVolumeSourceFields);
constinit const Type kCinderVolumeSource = object("CinderVolumeSource", kCinderVolumeSourceFields);
constinit const Type kClusterTrustBundleProjection =
    object("ClusterTrustBundleProjection", kClusterTrustBundleProjectionFields);
constinit const Type kConfigMapEnvSource = object("ConfigMapEnvSource", kConfigMapEnvSourceFields);
constinit const Type kConfigMapKeySelector = object("ConfigMapKeySelector", kConfigMapKeySelectorFields);
constinit const Type kConfigMapProjection = object("ConfigMapProjection", kConfigMapProjectionFields);
constinit const Type kConfigMapVolumeSource = object("ConfigMapVolumeSource", kConfigMapVolumeSourceFields);
constinit const Type kContainer = object("Container", kContainerFields);
constinit const Type kContainerPort = object("ContainerPort", kContainerPortFields);
constinit const Type kContainerResizePolicy = object("ContainerResizePolicy", kContainerResizePolicyFields);
constinit const Type kContainerRestartRule = object("ContainerRestartRule", kContainerRestartRuleFields);
constinit const Type kContainerRestartRuleOnExitCodes =
    object("ContainerRestartRuleOnExitCodes", kContainerRestartRuleOnExitCodesFields);
constinit const Type kDeploymentStrategy = object("DeploymentStrategy", kDeploymentStrategyFields);
constinit const Type kDownwardAPIProjection = object("DownwardAPIProjection", kDownwardAPIProjectionFields);
constinit const Type kDownwardAPIVolumeFile = object("DownwardAPIVolumeFile", kDownwardAPIVolumeFileFields);
constinit const Type kDownwardAPIVolumeSource =
    object("DownwardAPIVolumeSource", kDownwardAPIVolumeSourceFields);
constinit const Type kEmptyDirVolumeSource = object("EmptyDirVolumeSource", kEmptyDirVolumeSourceFields);
constinit const Type kEnvFromSource = object("EnvFromSource", kEnvFromSourceFields);
constinit const Type kEnvVar = object("EnvVar", kEnvVarFields);
constinit const Type kEnvVarSource = object("EnvVarSource", kEnvVarSourceFields);
constinit const Type kEphemeralContainer = object("EphemeralContainer", kEphemeralContainerFields);
constinit const Type kEphemeralVolumeSource = object("EphemeralVolumeSource", kEphemeralVolumeSourceFields);
constinit const Type kExecAction = object("ExecAction", kExecActionFields);
constinit const Type kFCVolumeSource = object("FCVolumeSource", kFCVolumeSourceFields);
constinit const Type kFileKeySelector = object("FileKeySelector", kFileKeySelectorFields);
constinit const Type kFlexVolumeSource = object("FlexVolumeSource", kFlexVolumeSourceFields);
constinit const Type kFlockerVolumeSource = object("FlockerVolumeSource", kFlockerVolumeSourceFields);
constinit const Type kGCEPersistentDiskVolumeSource =
    object("GCEPersistentDiskVolumeSource", kGCEPersistentDiskVolumeSourceFields);
constinit const Type kGRPCAction = object("GRPCAction", kGRPCActionFields);
constinit const Type kGitRepoVolumeSource = object("GitRepoVolumeSource", kGitRepoVolumeSourceFields);
constinit const Type kGlusterfsVolumeSource = object("GlusterfsVolumeSource", kGlusterfsVolumeSourceFields);
constinit const Type kHPAScalingPolicy = object("HPAScalingPolicy", kHPAScalingPolicyFields);
constinit const Type kHPAScalingRules = object("HPAScalingRules", kHPAScalingRulesFields);
constinit const Type kHTTPGetAction = object("HTTPGetAction", kHTTPGetActionFields);
constinit const Type kHTTPHeader = object("HTTPHeader", kHTTPHeaderFields);
constinit const Type kHorizontalPodAutoscalerBehavior =
    object("HorizontalPodAutoscalerBehavior", kHorizontalPodAutoscalerBehaviorFields);
constinit const Type kHostAlias = object("HostAlias", kHostAliasFields);
constinit const Type kHostPathVolumeSource = object("HostPathVolumeSource", kHostPathVolumeSourceFields);
constinit const Type kISCSIVolumeSource = object("ISCSIVolumeSource", kISCSIVolumeSourceFields);
constinit const Type kImageVolumeSource = object("ImageVolumeSource", kImageVolumeSourceFields);
constinit const Type kKeyToPath = object("KeyToPath", kKeyToPathFields);
constinit const Type kLabelSelector = object("LabelSelector", kLabelSelectorFields);
constinit const Type kLabelSelectorRequirement =
    object("LabelSelectorRequirement", kLabelSelectorRequirementFields);
constinit const Type kLifecycle = object("Lifecycle", kLifecycleFields);
constinit const Type kLifecycleHandler = object("LifecycleHandler", kLifecycleHandlerFields);
constinit const Type kLocalObjectReference = object("LocalObjectReference", kLocalObjectReferenceFields);
constinit const Type kNFSVolumeSource = object("NFSVolumeSource", kNFSVolumeSourceFields);
constinit const Type kNodeAffinity = object("NodeAffinity", kNodeAffinityFields);
constinit const Type kNodeSelector = object("NodeSelector", kNodeSelectorFields);
constinit const Type kNodeSelectorRequirement =
    object("NodeSelectorRequirement", kNodeSelectorRequirementFields);
constinit const Type kNodeSelectorTerm = object("NodeSelectorTerm", kNodeSelectorTermFields);
constinit const Type kObjectFieldSelector = object("ObjectFieldSelector", kObjectFieldSelectorFields);
constinit const Type kObjectMeta = object("ObjectMeta", kObjectMetaFields);
constinit const Type kOwnerReference = object("OwnerReference", kOwnerReferenceFields);
constinit const Type kPersistentVolumeClaimSpec =
    object("PersistentVolumeClaimSpec", kPersistentVolumeClaimSpecFields);
constinit const Type kPersistentVolumeClaimTemplate =
    object("PersistentVolumeClaimTemplate", kPersistentVolumeClaimTemplateFields);
constinit const Type kPersistentVolumeClaimVolumeSource =
    object("PersistentVolumeClaimVolumeSource", kPersistentVolumeClaimVolumeSourceFields);
constinit const Type kPhotonPersistentDiskVolumeSource =
    object("PhotonPersistentDiskVolumeSource", kPhotonPersistentDiskVolumeSourceFields);
constinit const Type kPod = object("Pod", kPodFields);
constinit const Type kPodAffinity = object("PodAffinity", kPodAffinityFields);
constinit const Type kPodAffinityTerm = object("PodAffinityTerm", kPodAffinityTermFields);
constinit const Type kPodAntiAffinity = object("PodAntiAffinity", kPodAntiAffinityFields);
constinit const Type kPodCertificateProjection =
    object("PodCertificateProjection", kPodCertificateProjectionFields);
constinit const Type kPodDNSConfig = object("PodDNSConfig", kPodDNSConfigFields);
constinit const Type kPodDNSConfigOption = object("PodDNSConfigOption", kPodDNSConfigOptionFields);
constinit const Type kPodOS = object("PodOS", kPodOSFields);
constinit const Type kPodReadinessGate = object("PodReadinessGate", kPodReadinessGateFields);
constinit const Type kPodResourceClaim = object("PodResourceClaim", kPodResourceClaimFields);
constinit const Type kPodSchedulingGate = object("PodSchedulingGate", kPodSchedulingGateFields);
constinit const Type kPodSchedulingGroup = object("PodSchedulingGroup", kPodSchedulingGroupFields);
constinit const Type kPodSecurityContext = object("PodSecurityContext", kPodSecurityContextFields);
constinit const Type kPodSpec = object("PodSpec", kPodSpecFields);
constinit const Type kPortworxVolumeSource = object("PortworxVolumeSource", kPortworxVolumeSourceFields);
constinit const Type kPreferredSchedulingTerm =
    object("PreferredSchedulingTerm", kPreferredSchedulingTermFields);
constinit const Type kProbe = object("Probe", kProbeFields);
constinit const Type kProjectedVolumeSource = object("ProjectedVolumeSource", kProjectedVolumeSourceFields);
constinit const Type kQuobyteVolumeSource = object("QuobyteVolumeSource", kQuobyteVolumeSourceFields);
constinit const Type kRBDVolumeSource = object("RBDVolumeSource", kRBDVolumeSourceFields);
constinit const Type kResourceClaim = object("ResourceClaim", kResourceClaimFields);
constinit const Type kResourceFieldSelector = object("ResourceFieldSelector", kResourceFieldSelectorFields);
constinit const Type kResourceRequirements = object("ResourceRequirements", kResourceRequirementsFields);
constinit const Type kRollingUpdateDeployment =
    object("RollingUpdateDeployment", kRollingUpdateDeploymentFields);
constinit const Type kSELinuxOptions = object("SELinuxOptions", kSELinuxOptionsFields);
constinit const Type kScaleIOVolumeSource = object("ScaleIOVolumeSource", kScaleIOVolumeSourceFields);
constinit const Type kSeccompProfile = object("SeccompProfile", kSeccompProfileFields);
constinit const Type kSecretEnvSource = object("SecretEnvSource", kSecretEnvSourceFields);
constinit const Type kSecretKeySelector = object("SecretKeySelector", kSecretKeySelectorFields);
constinit const Type kSecretProjection = object("SecretProjection", kSecretProjectionFields);
constinit const Type kSecretVolumeSource = object("SecretVolumeSource", kSecretVolumeSourceFields);
constinit const Type kSecurityContext = object("SecurityContext", kSecurityContextFields);
constinit const Type kServiceAccountTokenProjection =
    object("ServiceAccountTokenProjection", kServiceAccountTokenProjectionFields);
constinit const Type kSleepAction = object("SleepAction", kSleepActionFields);
constinit const Type kStorageOSVolumeSource = object("StorageOSVolumeSource", kStorageOSVolumeSourceFields);
constinit const Type kSysctl = object("Sysctl", kSysctlFields);
constinit const Type kTCPSocketAction = object("TCPSocketAction", kTCPSocketActionFields);
constinit const Type kToleration = object("Toleration", kTolerationFields);
constinit const Type kTopologySpreadConstraint =
    object("TopologySpreadConstraint", kTopologySpreadConstraintFields);
constinit const Type kTypedLocalObjectReference =
    object("TypedLocalObjectReference", kTypedLocalObjectReferenceFields);
constinit const Type kTypedObjectReference = object("TypedObjectReference", kTypedObjectReferenceFields);
constinit const Type kVolume = object("Volume", kVolumeFields);
constinit const Type kVolumeDevice = object("VolumeDevice", kVolumeDeviceFields);
constinit const Type kVolumeMount = object("VolumeMount", kVolumeMountFields);
constinit const Type kVolumeProjection = object("VolumeProjection", kVolumeProjectionFields);
constinit const Type kVolumeResourceRequirements =
    object("VolumeResourceRequirements", kVolumeResourceRequirementsFields);
constinit const Type kVsphereVirtualDiskVolumeSource =
    object("VsphereVirtualDiskVolumeSource", kVsphereVirtualDiskVolumeSourceFields);
constinit const Type kWeightedPodAffinityTerm =
    object("WeightedPodAffinityTerm", kWeightedPodAffinityTermFields);
constinit const Type kWindowsSecurityContextOptions =
    object("WindowsSecurityContextOptions", kWindowsSecurityContextOptionsFields);

constinit const Type kAnyList = list(kAny);
constinit const Type kContainerListByName = list(kContainer, {{"name"}}, "name", false);
constinit const Type kContainerPortListByContainerPortAndProtocol =
    list(kContainerPort, {{"containerPort", "protocol"}}, "containerPort", false);
constinit const Type kContainerResizePolicyList = list(kContainerResizePolicy);
constinit const Type kContainerRestartRuleList = list(kContainerRestartRule);
constinit const Type kDownwardAPIVolumeFileList = list(kDownwardAPIVolumeFile);
constinit const Type kEnvFromSourceList = list(kEnvFromSource);
constinit const Type kEnvVarListByName = list(kEnvVar, {{"name"}}, "name", false);
constinit const Type kEphemeralContainerListByName = list(kEphemeralContainer, {{"name"}}, "name", false);
constinit const Type kHPAScalingPolicyList = list(kHPAScalingPolicy);
constinit const Type kHTTPHeaderList = list(kHTTPHeader);
constinit const Type kHostAliasListByIp = list(kHostAlias, {{"ip"}}, "ip", false);
constinit const Type kInt32List = list(kInt32);
constinit const Type kInt64List = list(kInt64);
constinit const Type kKeyToPathList = list(kKeyToPath);
constinit const Type kLabelSelectorRequirementList = list(kLabelSelectorRequirement);
constinit const Type kLocalObjectReferenceListByName = list(kLocalObjectReference, {{"name"}}, "name", false);
constinit const Type kNodeSelectorRequirementList = list(kNodeSelectorRequirement);
constinit const Type kNodeSelectorTermList = list(kNodeSelectorTerm);
constinit const Type kOwnerReferenceListByUid = list(kOwnerReference, {{"uid"}}, "uid", false);
constinit const Type kPodAffinityTermList = list(kPodAffinityTerm);
constinit const Type kPodDNSConfigOptionList = list(kPodDNSConfigOption);
constinit const Type kPodReadinessGateList = list(kPodReadinessGate);
constinit const Type kPodResourceClaimListByName = list(kPodResourceClaim, {{"name"}}, "name", true);
constinit const Type kPodSchedulingGateListByName = list(kPodSchedulingGate, {{"name"}}, "name", false);
constinit const Type kPreferredSchedulingTermList = list(kPreferredSchedulingTerm);
constinit const Type kResourceClaimListByNameAtomic = list(kResourceClaim, {{"name"}}, "", false);
constinit const Type kSysctlList = list(kSysctl);
constinit const Type kTolerationList = list(kToleration);
constinit const Type kTopologySpreadConstraintListByTopologyKeyAndWhenUnsatisfiable =
    list(kTopologySpreadConstraint, {{"topologyKey", "whenUnsatisfiable"}}, "topologyKey", false);
constinit const Type kVolumeDeviceListByDevicePath =
    list(kVolumeDevice, {{"devicePath"}}, "devicePath", false);
constinit const Type kVolumeListByName = list(kVolume, {{"name"}}, "name", true);
constinit const Type kVolumeMountListByMountPath = list(kVolumeMount, {{"mountPath"}}, "mountPath", false);
constinit const Type kVolumeProjectionList = list(kVolumeProjection);
constinit const Type kWeightedPodAffinityTermList = list(kWeightedPodAffinityTerm);

}  // namespace modelgate::spec::schema
