namespace Casemate.KataPolicy.Pods;

/// <summary>The value of a Secret's key.</summary>
/// <param name="Secret">The Secret's name.</param>
/// <param name="Key">The key.</param>
/// <param name="Optional">True when the variable is left out where secret or key do not exist.</param>
public sealed record SecretKeyEnv(string Secret, string Key, bool Optional) : EnvSource;
