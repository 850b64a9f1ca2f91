using System.Text;

namespace Casemate.Testing;

/// <summary>Real evidence beside the corpus; <c>tests/Casemate.Attestation.Tests/Data/README.md</c> says where it comes from.</summary>
public static class RealEvidence
{
    public static string Folder { get; } = Path.Combine(RepositoryPaths.Root, "tests", "Casemate.Attestation.Tests", "Data");

    public static byte[] AzureSnpEvidenceV2 => File.ReadAllBytes(Path.Combine(Folder, "azure-snp-evidence-v2.json"));

    public static byte[] UvmReferenceInfo =>
        Convert.FromBase64String(string.Concat(File.ReadLines(Path.Combine(Folder, "uvm-reference-info.base64"))));

    /// <summary>Reports of NVIDIA GPUs with their certificates (PEM) and the nonce that was asked for.</summary>
    public static IEnumerable<(byte[] Report, byte[] ChainPem, byte[] Nonce)> GpuReports
    {
        get
        {
            var item = CorpusCase.Get("hopper-report");
            foreach (var pair in item.Expected.GetProperty("pairs").EnumerateArray())
            {
                // The second pair was asked for with more bytes than a nonce has; the first ones count.
                var asked = pair.TryGetProperty("request_nonce", out var nonce) ? nonce : pair.GetProperty("report_data");
                yield return (
                    Convert.FromHexString(Encoding.ASCII.GetString(item.File(pair.GetProperty("report").GetString()!)).Trim()),
                    item.File(pair.GetProperty("chain").GetString()!),
                    Convert.FromHexString(asked.GetString()!)[..32]);
            }
        }
    }

    /// <summary>Register, type, digest and data of each event.</summary>
    public static IEnumerable<(uint Register, uint Type, byte[] Digest, byte[] Data)> OvmfEvents =>
        File.ReadLines(Path.Combine(Folder, "ovmf-event-log.txt")).Select(line => line.Split(' ')).Select(f =>
            (uint.Parse(f[0], null), Convert.ToUInt32(f[1], 16), Convert.FromHexString(f[2]), Convert.FromBase64String(f[3])));
}
