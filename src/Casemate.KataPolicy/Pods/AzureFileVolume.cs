namespace Casemate.KataPolicy.Pods;

/// <summary>A share of Azure Files.</summary>
/// <param name="ShareName">The share's name.</param>
/// <param name="SecretName">The Secret with the account's key.</param>
/// <param name="ReadOnly"><c>readOnly</c>, false by default.</param>
public sealed record AzureFileVolume(string ShareName, string SecretName, bool ReadOnly) : VolumeSource;
