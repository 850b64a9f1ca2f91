using Casemate.Images.Closure;
using Casemate.Images.Packing;
using Casemate.Images.Tests.Closure;
using Casemate.Measurement.Enclave;
using Casemate.Testing.Enclaves;

namespace Casemate.Images.Tests.Packing;

/// <summary>What an image says of its enclaves, and which enclaves go into none.</summary>
public sealed class PackedEnclaveTests
{
    private const string Path = "/app/enclave.signed";

    [Fact]
    public void Labels_SayWhatWasSigned_AndThatItWasRecomputed()
    {
        var file = SmallRoot.OpenEnclave();
        var report = EnclaveFile.Inspect(file, SmallRoot.Noon);
        var variant = Assert.Single(report.Variants);

        var plan = SmallRoot.Plan(SmallRoot.Make().With(Path, file), SmallRoot.Options(Path));

        Assert.Equal("open-enclave", plan.Labels["dev.casemate.enclave.kind"]);
        Assert.Equal(Path, plan.Labels["dev.casemate.enclave.path"]);
        Assert.Equal(Convert.ToHexStringLower(variant.MrEnclave.Span), plan.Labels["dev.casemate.enclave.mrenclave"]);
        Assert.Equal("recomputed", plan.Labels["dev.casemate.enclave.measured"]);
        Assert.Equal("3", plan.Labels["dev.casemate.enclave.isvprodid"]);
        Assert.Equal("4", plan.Labels["dev.casemate.enclave.isvsvn"]);
        Assert.Equal("00000000000000040000000000000007", plan.Labels["dev.casemate.enclave.attributes"]);
        Assert.Equal("false", plan.Labels["dev.casemate.enclave.debug"]);
        Assert.Equal($"{variant.Epc!.StartBytes}", plan.Labels["dev.casemate.enclave.epc-minimum"]);
        Assert.Equal($"{variant.Epc.SuggestedBytes}", plan.Labels["dev.casemate.enclave.epc-suggested"]);
        Assert.Equal("out-of-process", plan.Labels["dev.casemate.quotes"]);
        Assert.Equal("casemate 1.2.3", plan.Labels["dev.casemate.tool"]);
        Assert.Contains("SGX_AESM_ADDR=1", plan.Config.Env);
        Assert.Equal(PackLayer.Enclave, plan.Files.Single(packed => packed.Path == Path).Layer);
    }

    // An enclave of the Intel SDK measures something else on each kind of host: a policy must know all of it.
    [Fact]
    public void Labels_NameEveryWayOfLoading()
    {
        var unsigned = new SdkEnclaveSample().ToBytes();
        var file = SmallRoot.Sign(unsigned);
        var expected = EnclaveFile.Inspect(file, SmallRoot.Noon)
            .Variants.Select(variant => Convert.ToHexStringLower(variant.MrEnclave.Span)).ToList();

        var plan = SmallRoot.Plan(SmallRoot.Make().With(Path, file), SmallRoot.Options(Path));

        Assert.Equal(2, expected.Distinct().Count());
        Assert.Equal(string.Join(',', expected), plan.Labels["dev.casemate.enclave.mrenclave"]);
        Assert.Equal("intel-sdk", plan.Labels["dev.casemate.enclave.kind"]);
        Assert.DoesNotContain(',', plan.Labels["dev.casemate.enclave.mrsigner"]);
    }

    [Fact]
    public void SecondEnclave_HasLabelsOfItsOwn()
    {
        var root = SmallRoot.Make().With(Path, SmallRoot.OpenEnclave())
            .With("/app/other.signed", SmallRoot.Sign(new SdkEnclaveSample().ToBytes()));

        var plan = SmallRoot.Plan(root, SmallRoot.Options(Path, "/app/other.signed"));

        Assert.Equal("open-enclave", plan.Labels["dev.casemate.enclave.kind"]);
        Assert.Equal("intel-sdk", plan.Labels["dev.casemate.enclave2.kind"]);
    }

    [Fact]
    public void QuotesInsideOfTheProcess_TakeProtectedMemoryOfTheirOwn()
    {
        const string quoting = "/usr/lib/libsgx_qe3.signed.so.1";
        var file = SmallRoot.Sign(new SdkEnclaveSample().ToBytes());
        var expected = EnclaveFile.Inspect(file, SmallRoot.Noon).Variants.Max(variant => variant.Epc!.SuggestedBytes);
        var root = SmallRoot.Make().With(quoting, file).With(Path, SmallRoot.OpenEnclave());

        var plan = SmallRoot.Plan(root, SmallRoot.Options(Path) with
        {
            Include = [quoting],
            Quotes = QuoteMode.InProcess,
            AllowMissing = ["libsgx_dcap_ql.so.1", "libsgx_qe3_logic.so", "libsgx_pce_logic.so.1", "libsgx_urts.so.2",
                "libsgx_pce.signed.so.1"],
        });

        Assert.Equal($"{expected}", plan.Labels["dev.casemate.quotes.epc-suggested"]);
        Assert.Equal("in-process", plan.Labels["dev.casemate.quotes"]);
        Assert.DoesNotContain("SGX_AESM_ADDR=1", plan.Config.Env);
    }

    [Fact]
    public void QuotesOutsideOfTheProcess_AndPartsForTheOtherMode_AreRefused()
    {
        const string quoting = "/usr/lib/libsgx_qe3.signed.so.1";
        var root = SmallRoot.Make().With(quoting, SmallRoot.Sign(new SdkEnclaveSample().ToBytes()));

        var failure = Assert.Throws<PackException>(() => SmallRoot.Plan(root, SmallRoot.Options() with { Include = [quoting] }));

        Assert.Equal(PackError.Incomplete, failure.Error);
        Assert.Contains("choose one mode", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AnEnclaveThatWasChangedAfterItWasSigned()
    {
        var file = SmallRoot.OpenEnclave();
        var text = file.AsSpan().IndexOf(EnclaveElf.Pattern(64, 17));
        Assert.True(text > 0);
        file[text + 5] ^= 1;

        Refuses(PackError.EnclaveMeasurementMismatch, SmallRoot.Make().With(Path, file));
    }

    [Fact]
    public void Refuses_ASignatureThatDoesNotVerify()
    {
        var file = SmallRoot.OpenEnclave();
        var structure = (int)EnclaveFile.Inspect(file, SmallRoot.Noon).Variants[0].SigStructOffset;
        file[structure + 516] ^= 1;

        Refuses(PackError.EnclaveSignatureInvalid, SmallRoot.Make().With(Path, file));
    }

    [Fact]
    public void Refuses_AnEnclaveThatNobodySigned() =>
        Refuses(PackError.EnclaveSignatureInvalid, SmallRoot.Make().With(Path, new OpenEnclaveSample().ToBytes()));

    [Fact]
    public void Refuses_ADebugEnclave_UnlessThatIsAccepted()
    {
        var root = SmallRoot.Make().With(Path, SmallRoot.OpenEnclave(flags: 6));

        Refuses(PackError.EnclaveDebug, root);
        var plan = SmallRoot.Plan(root, SmallRoot.Options(Path) with { AcceptDebugEnclaves = true });

        Assert.Equal("true", plan.Labels["dev.casemate.enclave.debug"]);
    }

    [Fact]
    public void Refuses_WhatIsNoEnclave()
    {
        Refuses(PackError.EnclaveUnreadable, SmallRoot.Make());
        Refuses(PackError.EnclaveUnreadable, SmallRoot.Make().With(Path, "nothing of the kind"));
        Refuses(PackError.EnclaveUnreadable, SmallRoot.Make().WithLink(Path, "/app/loop").WithLink("/app/loop", Path));
    }

    [Fact]
    public void Refuses_ASignatureWithoutItsEnclave()
    {
        var signature = EnclaveFile.Inspect(SmallRoot.OpenEnclave(), SmallRoot.Noon).Variants[0].SigStruct.ToArray();

        var failure = Assert.Throws<PackException>(
            () => SmallRoot.Plan(SmallRoot.Make().With("/app/e.sig", signature), SmallRoot.Options("/app/e.sig")));

        Assert.Equal(PackError.EnclaveUnreadable, failure.Error);
        Assert.Contains("/app/e.sig is a signature structure without the enclave", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AManifestOfGramineWithoutItsSignature()
    {
        var failure = Assert.Throws<PackException>(() => SmallRoot.Plan(
            SmallRoot.Make().With("/app/x.manifest.sgx", "sgx.enclave_size = \"64M\"\n"), SmallRoot.Options("/app/x.manifest.sgx")));

        Assert.Equal(PackError.EnclaveUnreadable, failure.Error);
        Assert.Contains("/app/x.sig", failure.Message, StringComparison.Ordinal);
    }

    private static void Refuses(PackError error, MemoryRoot root)
    {
        var failure = Assert.Throws<PackException>(() => SmallRoot.Plan(root, SmallRoot.Options(Path)));
        Assert.Equal(error, failure.Error);
        Assert.Contains(Path, failure.Message, StringComparison.Ordinal);
    }
}
