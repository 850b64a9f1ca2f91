namespace Casemate.KataPolicy.Pods;

/// <summary>What the cluster issues into a projected volume; stands in <see cref="ProjectedVolume.Sources"/> only.</summary>
/// <param name="Type"><c>serviceAccountToken</c>, <c>clusterTrustBundle</c> or <c>podCertificate</c>.</param>
/// <param name="FilePath">The file's path in the volume; empty where the type has several.</param>
public sealed record TokenVolume(string Type, string FilePath) : VolumeSource;
