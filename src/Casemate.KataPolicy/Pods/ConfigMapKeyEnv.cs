namespace Casemate.KataPolicy.Pods;

/// <summary>The value of a ConfigMap's key.</summary>
/// <param name="ConfigMap">The ConfigMap's name.</param>
/// <param name="Key">The key.</param>
/// <param name="Optional">True when the variable is left out where map or key do not exist.</param>
public sealed record ConfigMapKeyEnv(string ConfigMap, string Key, bool Optional) : EnvSource;
