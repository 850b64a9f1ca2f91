using System.Text;
using System.Text.Json;
using Casemate.Collateral.Pccs;
using Casemate.Collateral.Qcnl;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What reaches a caching service from outside: queries and bodies; and the configuration that points clients at it.</summary>
internal static class PccsTargets
{
    private static readonly DateTimeOffset Noon = new(2040, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("pccs-query", Query, ["?qeid=ab&cpusvn=00&cpusvn=01&uri=https%3A%2F%2Fa.b%2Fc+d&x"u8.ToArray(), "a=%C3%A9&&=1"u8.ToArray()]),
        new("pccs-platform", Platform, [Registration("00"), Registration("0102")]),
        new("pccs-upload", Upload, [Upload("{}"), Upload("\"{\\\"tcbInfo\\\":{\\\"version\\\":2},\\\"signature\\\":\\\"00\\\"}\"")]),
        new("qcnl-conf", Qcnl, [Configuration()]),
    ];

    private static bool Query(ReadOnlySpan<byte> input)
    {
        if (!PccsQuery.TryRead(Encoding.Latin1.GetString(input), out var query, out var error))
        {
            Require(error.Length > 0 && query.Count == 0, "refused without a reason", input);
            return false;
        }

        Require(error.Length == 0 && query.Count <= PccsQuery.MaximumParameters, "accepted with an error", input);
        foreach (var name in (ReadOnlySpan<string>)["qeid", "cpusvn", "uri", "x", "a", ""])
        {
            Require(query[name] is not { } value || (value.Length <= input.Length && !value.Any(c =>
                c < ' ')), "a value that cannot be", input);
        }

        return true;
    }

    private static bool Platform(ReadOnlySpan<byte> input)
    {
        if (!PlatformRegistration.TryRead(input.ToArray(), out var platform, out var error))
        {
            Require(error.Length > 0 && platform is null, "refused without a reason", input);
            return false;
        }

        var written = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(written))
        {
            platform!.Write(json);
        }

        Require(
            PlatformRegistration.TryRead(written.WrittenMemory, out var again, out _) && again == platform,
            "what was read is written as something else", input);
        Require(platform.QeId.Length is > 0 and <= 260
            && platform.QeId.All(char.IsAsciiLetterOrDigit), "an id that is no file name", input);
        return true;
    }

    private static bool Upload(ReadOnlySpan<byte> input)
    {
        if (!PlatformCollateral.TryRead(input.ToArray(), Noon, out var upload, out var error))
        {
            Require(error.Length > 0 && upload is null, "refused without a reason", input);
            return false;
        }

        Require(upload.Entries.All(e => e.Name.Length > 0 && e.Collateral.Raw.Length > 0), "an entry without name or content", input);
        Require(
            upload.Entries.All(e =>
                e.Compact is null || (e.Compact.Key == e.Collateral.Key && e.Compact.Raw.Length < e.Collateral.Raw.Length)),
            "a compact form of something else", input);
        Require(upload.Entries.All(e => e.Collateral.NotAfter is null), "a validity that nobody verified", input);
        return true;
    }

    private static bool Qcnl(ReadOnlySpan<byte> input)
    {
        var reading = QcnlFile.Read(input);
        if (reading.Configuration is not { } configuration)
        {
            Require(reading.HasErrors && reading.Findings.Length > 0, "refused without a reason", input);
            return false;
        }

        var lines = input.Count((byte)'\n') + 1;
        Require(reading.Findings.All(f => f.Line >= 0 && f.Line <= lines), "a line outside of the file", input);
        var written = configuration.Write();
        var again = QcnlFile.Read(written);
        Require(
            again.Configuration is not null && again.Configuration.Write().AsSpan().SequenceEqual(written),
            "what was read is written as something else", input);
        return true;
    }

    private static byte[] Registration(string manifest) => Encoding.ASCII.GetBytes(
        $$"""{"qe_id":"00aa","pce_id":"0000","cpu_svn":"{{new string(
            '1', 32)}}","pce_svn":"0d00","enc_ppid":"","platform_manifest":"{{manifest}}"}""");

    private static byte[] Upload(string tcbInfo) => Encoding.ASCII.GetBytes($$"""
        {"platforms":[{{Encoding.ASCII.GetString(Registration(""))}}],"collaterals":{"version":"3.0",
         "pck_certs":[{"qe_id":"00aa","pce_id":"0000","certs":[{"tcbm":"00","cert":"Not available"}]}],
         "tcbinfos":[{"fmspc":"00606a000000","sgx_tcbinfo":{{tcbInfo}} }],
         "pckcacrl":{"processorCrl":"3080"},"qeidentity":"{ }","certificates":{"SGX-TCB-Info-Issuer-Chain":""},"rootcacrl":"3080" } }
        """);

    private static byte[] Configuration() => Encoding.ASCII.GetBytes("""
        {"pccs_url": "https://h:8081/sgx/certification/v4/", // a comment
         "use_secure_cert": false, "retry_times": 3,
         "custom_request_options": {"get_cert": {"headers": {"metadata": "true"}}},}
        """);
}
