using Casemate.Measurement.Enclave;
using Casemate.Testing.Enclaves;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>Enclave files and their signatures, from whoever built an image.</summary>
public static class EnclaveTargets
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateOnly s_today = new(2026, 11, 20);

    // Small, so that a run is about reading and not about hashing.
    private static readonly EnclaveLimits s_limits = new()
    {
        MaxAddedPages = 1 << 12,
        MaxMeasuredPages = 1 << 8,
        MaxRuns = 1 << 10,
        MaxImageBytes = 1 << 20,
        MaxFileBytes = 1 << 20,
    };

    private static readonly EnclaveElf s_small = new()
    {
        CodeSize = 0x180,
        DataSize = 0x180,
        BssSize = 0x1010,
        Relocations = 3,
        JumpRelocations = 1,
    };

    private static readonly byte[] s_libpal = new EnclaveElf { CodeSize = 0x180, DataSize = 0x180, BssSize = 0x100 }.ToBytes();

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("sigstruct", Structure, [Structure(debug: false), Structure(debug: true)]),
        new("enclave-oe", File,
        [
            Signed(new OpenEnclaveSample { Elf = s_small, StackPages = 1, Threads = 1, HeapPages = 2 }.ToBytes()),
            new OpenEnclaveSample { Elf = s_small, StackPages = 1, Threads = 1, StartAddress = 0x1_0000 }.ToBytes(),
        ]),
        new("enclave-sdk", File,
        [
            Signed(new SdkEnclaveSample { Elf = s_small, Versions = [(3, 0), (1, 3)], MoreThreads = 1 }.ToBytes()),
            new SdkEnclaveSample
            {
                Elf = new EnclaveElf { CodeSize = 0x180, DataSize = 0x180, BssSize = 8, HasTextRelocations = true }, Versions = [(13, 0)],
            }.ToBytes(),
        ]),
        new("gramine-manifest", Manifest,
        [
            "libos.entrypoint = \"/app\"\n[sgx]\nenclave_size = \"1M\"\nmax_threads = 1\nisvprodid = 1\nisvsvn = 2\nedmm_enable = true\n"u8.ToArray(),
            "[sgx]\nenclave_size = \"0x100000\"\nmax_threads = 1\ncpu_features.avx = \"required\"\nallowed_files = [ \"file:/tmp\" ]\n"u8.ToArray(),
        ]),
    ];

    private static bool Structure(ReadOnlySpan<byte> input)
    {
        if (SigStruct.TryRead(input, out var structure) is not SigStructError.None)
        {
            return false;
        }

        Require(structure.Bytes.SequenceEqual(input), "a structure over other bytes", input);
        var isValid = structure.Verify() is SigStructSignature.Valid;
        var findings = EnclaveLint.Examine(structure, s_noon);
        Require(isValid != findings.Any(finding => finding.Id is EnclaveFindingId.InvalidSignature), "a verdict and a finding that differ", input);
        Require(findings.All(finding => !finding.Message.Any(char.IsControl)), "a finding with control characters", input);
        return true;
    }

    private static bool File(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        return Accepts(input, () => EnclaveFile.Inspect(bytes, s_noon, s_limits));
    }

    private static bool Manifest(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        return Accepts(input, () => EnclaveFile.InspectGramine(new GramineInput(bytes) { Libpal = s_libpal, Release = "1.8" }, s_noon, s_limits));
    }

    private static bool Accepts(ReadOnlySpan<byte> input, Func<EnclaveReport> inspect)
    {
        EnclaveReport report;
        try
        {
            report = inspect();
        }
        catch (EnclaveException refused)
        {
            Require(refused.Error is not EnclaveError.None && refused.Message.Length is > 0 and < 400, "refused without a reason", input);
            Require(!refused.Message.Any(char.IsControl), "a reason with control characters", input);
            return false;
        }

        Require(report.Variants.Count > 0, "an enclave that cannot be loaded in any way", input);
        foreach (var variant in report.Variants)
        {
            Require(variant.State is MrEnclaveState.NotRecomputable == variant.MrEnclave.IsEmpty, "a value that is none", input);
            Require(variant.Layout is null || variant.Layout.AddedPages <= s_limits.MaxAddedPages, "more pages than the limit", input);
            Require(variant.Findings.All(finding => !finding.Message.Any(char.IsControl)), "a finding with control characters", input);
        }

        return true;
    }

    private static byte[] Structure(bool debug)
    {
        using var key = EnclaveSigningKey.FromPem(TestEnclaveKey.Pem, needsPrivate: true);
        return new SigStructBuilder { Date = s_today, Flags = debug ? (EnclaveFlags)6 : EnclaveFlags.Mode64Bit }.WithMrEnclave(new byte[32]).Sign(key);
    }

    private static byte[] Signed(byte[] file)
    {
        using var key = EnclaveSigningKey.FromPem(TestEnclaveKey.Pem, needsPrivate: true);
        return EnclaveSigning.Prepare(file, s_today).Sign(key);
    }
}
