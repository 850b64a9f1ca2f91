namespace Casemate.Testing;

/// <summary>Real evidence beside the corpus; <c>tests/Casemate.Attestation.Tests/Data/README.md</c> says where it comes from.</summary>
public static class RealEvidence
{
    public static string Folder { get; } = Path.Combine(RepositoryPaths.Root, "tests", "Casemate.Attestation.Tests", "Data");

    public static byte[] AzureSnpEvidenceV2 => File.ReadAllBytes(Path.Combine(Folder, "azure-snp-evidence-v2.json"));
}
