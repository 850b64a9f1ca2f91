using System.Text.Json.Serialization;

namespace Casemate.Kubernetes;

/// <summary>How kinds are read, made when the program is built.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NodeKind))]
[JsonSerializable(typeof(PodKind))]
[JsonSerializable(typeof(EventKind))]
[JsonSerializable(typeof(LeaseKind))]
[JsonSerializable(typeof(ResourceSliceKind))]
[JsonSerializable(typeof(ResourceClaimKind))]
[JsonSerializable(typeof(DeviceClassKind))]
[JsonSerializable(typeof(NamespaceKind))]
[JsonSerializable(typeof(SecretKind))]
[JsonSerializable(typeof(ConfigMapKind))]
[JsonSerializable(typeof(ServiceKind))]
[JsonSerializable(typeof(EndpointSliceKind))]
[JsonSerializable(typeof(RuntimeClassKind))]
[JsonSerializable(typeof(DaemonSetKind))]
[JsonSerializable(typeof(DeploymentKind))]
[JsonSerializable(typeof(JobKind))]
[JsonSerializable(typeof(WebhookConfigurationKind))]
internal sealed partial class KindsJson : JsonSerializerContext;
