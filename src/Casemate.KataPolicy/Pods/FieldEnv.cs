namespace Casemate.KataPolicy.Pods;

/// <summary>A field of the pod itself (downward API).</summary>
/// <param name="FieldPath">Such as <c>metadata.name</c> or <c>metadata.labels['app']</c>.</param>
public sealed record FieldEnv(string FieldPath) : EnvSource;
