using System.Text;
using System.Text.Json;
using Casemate.Testing;

namespace Casemate.Simulator.Tests;

/// <summary>Real evidence of the corpus, as models of form.</summary>
internal static class RealEvidence
{
    public const string SgxPlatformCa = "sgx/automata-sgx-platCA-swhardening";
    public const string SgxProcessorCa = "sgx/dcapqvl-sgx-procCA";
    public const string TdxV4 = "tdx/dstack-tdx-v4-uptodate";
    public const string TdxV5 = "tdx/oe-tdx-v5-relaunch-advised";

    public static byte[] File(string name) => System.IO.File.ReadAllBytes(Path.Combine(RepositoryPaths.Corpus, name));

    public static byte[] Quote(string name) => File(name + "/quote.bin");

    /// <summary>Leaf, CA and root of a quote.</summary>
    public static List<byte[]> PckChain(string name)
    {
        var text = Encoding.Latin1.GetString(Quote(name));
        return Skeleton.Certificates(text[text.IndexOf("-----BEGIN", StringComparison.Ordinal)..]);
    }

    /// <summary>A member of a case's <c>collateral.json</c>.</summary>
    public static string Collateral(string name, string member)
    {
        using var document = JsonDocument.Parse(File(name + "/collateral.json"));
        return document.RootElement.GetProperty(member).GetString()!;
    }

    /// <summary>A PEM certificate of the corpus, as DER.</summary>
    public static byte[] Pem(string name) => Skeleton.Certificates(Encoding.ASCII.GetString(File(name)))[0];
}
