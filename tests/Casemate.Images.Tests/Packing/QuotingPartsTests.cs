using Casemate.Images.Closure;
using Casemate.Images.Packing;

namespace Casemate.Images.Tests.Packing;

/// <summary>An image that is labelled with a way of making quotes has what that way needs.</summary>
public sealed class QuotingPartsTests
{
    private const string Client = "libsgx_quote_ex.so.1";

    private static readonly string[] s_inProcess =
    [
        "libsgx_dcap_ql.so.1", "libsgx_qe3_logic.so", "libsgx_pce_logic.so.1", "libsgx_urts.so.2", "libsgx_qe3.signed.so.1",
        "libsgx_pce.signed.so.1",
    ];

    [Fact]
    public void Refuses_InProcess_WithoutIntelsParts_AndNamesThem()
    {
        var failure = Assert.Throws<PackException>(
            () => SmallRoot.Plan(SmallRoot.Make(), SmallRoot.Options() with { Quotes = QuoteMode.InProcess }));

        Assert.Equal(PackError.Incomplete, failure.Error);
        Assert.Equal(s_inProcess.Length, failure.Findings.Length);
        Assert.All(s_inProcess, part => Assert.Contains(failure.Findings, finding => finding.Contains(part, StringComparison.Ordinal)));
        Assert.Contains("--allow-missing", failure.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("LD_LIBRARY_PATH", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void InProcess_WithPartsThatMayBeMissing_IsPacked_AndSaysNothingOfTheirMemory()
    {
        var plan = SmallRoot.Plan(
            SmallRoot.Make(), SmallRoot.Options() with { Quotes = QuoteMode.InProcess, AllowMissing = [.. s_inProcess] });

        Assert.Equal("in-process", plan.Labels["dev.casemate.quotes"]);
        Assert.DoesNotContain("dev.casemate.quotes.epc-suggested", plan.Labels.Keys);
        Assert.Contains(plan.Findings, finding => finding.Contains("--qcnl", StringComparison.Ordinal));
    }

    [Fact]
    public void InProcess_WithAConfiguration_HasNothingToWarnOf()
    {
        var plan = SmallRoot.Plan(SmallRoot.Make(), SmallRoot.Options() with
        {
            Quotes = QuoteMode.InProcess,
            AllowMissing = [.. s_inProcess],
            CollateralConfiguration = "{}"u8.ToArray(),
        });

        Assert.DoesNotContain(plan.Findings, finding => finding.Contains("qcnl", StringComparison.Ordinal));
    }

    [Fact]
    public void OutOfProcess_WithoutItsClient_IsRefusedWhenAskedFor_AndWarnedOfByDefault()
    {
        const string enclave = "/app/enclave.signed";
        var root = SmallRoot.Make().With(enclave, SmallRoot.OpenEnclave());

        var failure = Assert.Throws<PackException>(
            () => SmallRoot.Plan(root, SmallRoot.Options(enclave) with { Quotes = QuoteMode.OutOfProcess }));
        var plan = SmallRoot.Plan(root, SmallRoot.Options(enclave));

        Assert.Contains(Client, failure.Message, StringComparison.Ordinal);
        Assert.Contains(plan.Findings, finding => finding.Contains(Client, StringComparison.Ordinal));
    }

    [Fact]
    public void OutOfProcess_WithItsClient_IsPackedWithoutAWord()
    {
        const string path = "/usr/lib/" + Client;
        var root = SmallRoot.Make().With(path, "x");

        var plan = SmallRoot.Plan(root, SmallRoot.Options() with { Quotes = QuoteMode.OutOfProcess, Include = [path] });

        Assert.DoesNotContain(plan.Findings, finding => finding.Contains("quotes need", StringComparison.Ordinal));
    }

    [Fact]
    public void ProgramWithoutSgx_IsNotWarnedOfQuotes() =>
        Assert.DoesNotContain(
            SmallRoot.Plan(SmallRoot.Make(), SmallRoot.Options()).Findings, finding => finding.Contains("quote", StringComparison.Ordinal));
}
