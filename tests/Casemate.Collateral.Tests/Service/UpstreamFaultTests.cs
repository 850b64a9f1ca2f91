using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Testing.Attestation;

namespace Casemate.Collateral.Tests.Service;

/// <summary>Whatever an upstream does: a documented answer, nothing lost, nothing kept that was not verified.</summary>
public sealed class UpstreamFaultTests
{
    private static readonly Dictionary<string, Func<CollateralKey>> Keys = new()
    {
        ["tcb"] = () => Provisioned.TcbInfo,
        ["tcb tdx"] = () => CollateralKey.TcbInfo(Tee.Tdx, Provisioned.Fmspc),
        ["tcb early"] = () => CollateralKey.TcbInfo(Tee.Sgx, Provisioned.Fmspc, TcbUpdate.Early),
        ["tcb v3"] = () => CollateralKey.TcbInfo(Tee.Sgx, Provisioned.Fmspc, apiVersion: 3),
        ["qe"] = () => CollateralKey.QeIdentity(Tee.Sgx),
        ["qe tdx"] = () => CollateralKey.QeIdentity(Tee.Tdx),
        ["qve"] = () => CollateralKey.QveIdentity(),
        ["numbers"] = () => CollateralKey.TcbEvaluationNumbers(Tee.Sgx),
        ["numbers tdx"] = () => CollateralKey.TcbEvaluationNumbers(Tee.Tdx),
        ["root crl"] = CollateralKey.RootCaCrl,
        ["pck crl"] = () => CollateralKey.PckCrl(platformCa: true),
        ["processor crl"] = () => CollateralKey.PckCrl(platformCa: false),
        ["vcek"] = () => Provisioned.Vcek(),
        ["chain"] = () => CollateralKey.SnpChain(SnpProduct.Milan, SnpSigner.Vcek),
        ["snp crl"] = () => CollateralKey.SnpCrl(SnpProduct.Milan),
    };

    private static readonly Dictionary<ProvisioningFault, CollateralStatus> Faults = new()
    {
        [ProvisioningFault.Html] = CollateralStatus.NotVerifiable,
        [ProvisioningFault.WrongSignature] = CollateralStatus.NotVerifiable,
        [ProvisioningFault.Expired] = CollateralStatus.NotVerifiable,
        [ProvisioningFault.FromTheFuture] = CollateralStatus.NotVerifiable,
        [ProvisioningFault.OtherRoot] = CollateralStatus.NotVerifiable,
        [ProvisioningFault.OtherSubject] = CollateralStatus.NotVerifiable,
        [ProvisioningFault.Truncated] = CollateralStatus.UpstreamFailed,
        [ProvisioningFault.Oversized] = CollateralStatus.NotVerifiable,
        [ProvisioningFault.Empty] = CollateralStatus.NotVerifiable,
        [ProvisioningFault.NoChain] = CollateralStatus.NotVerifiable,
        [ProvisioningFault.Noise] = CollateralStatus.NotVerifiable,
        [ProvisioningFault.Throttled] = CollateralStatus.UpstreamBusy,
        [ProvisioningFault.ServerError] = CollateralStatus.UpstreamFailed,
        [ProvisioningFault.ExplainedError] = CollateralStatus.UpstreamFailed,
        [ProvisioningFault.Redirect] = CollateralStatus.UpstreamFailed,
        [ProvisioningFault.NotFound] = CollateralStatus.NotFound,
    };

    public static TheoryData<string, ProvisioningFault> Cases
    {
        get
        {
            var cases = new TheoryData<string, ProvisioningFault>();
            foreach (var name in Keys.Keys)
            {
                foreach (var fault in Faults.Keys.Where(fault => Applies(name, fault)))
                {
                    cases.Add(name, fault);
                }
            }

            return cases;
        }
    }

    public static TheoryData<string> KeyNames => [.. Keys.Keys];

    [Theory]
    [MemberData(nameof(KeyNames))]
    public async Task Fetches_Verifies_AndStores(string name)
    {
        await using var test = await Provisioned.StartAsync();

        var outcome = await test.Service().GetAsync(Keys[name]());

        Assert.Equal((CollateralStatus.Found, ""), (outcome.Status, outcome.Problem));
        var stored = (await test.Store.ReadAsync(Keys[name](), default)).Collateral!;
        Assert.True(outcome.Collateral!.Raw.Span.SequenceEqual(stored.Raw.Span));
        Assert.True(outcome.Collateral.IssuerChainPem.Span.SequenceEqual(stored.IssuerChainPem.Span));
        Assert.Equal(outcome.Collateral.NotAfter, stored.NotAfter);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Keeps_NothingOf_ABadAnswer(string name, ProvisioningFault fault)
    {
        await using var test = await Provisioned.StartAsync();
        test.Server.Fault = fault;

        var outcome = await test.Service().GetAsync(Keys[name]());

        Assert.Equal(Faults[fault], outcome.Status);
        Assert.Null(outcome.Collateral);
        Assert.NotEmpty(outcome.Problem);
        Assert.DoesNotContain(Keys[name](), await test.Store.ListAsync(default));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task NeverReplaces_GoodCollateral_WithABadAnswer(string name, ProvisioningFault fault)
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        var good = (await service.GetAsync(Keys[name]())).Collateral!;
        test.Server.Fault = fault;

        var refreshed = await service.GetAsync(Keys[name](), CollateralFetch.Always);

        Assert.Equal(Faults[fault], refreshed.Status);
        Assert.Same(good, (await service.GetAsync(Keys[name]())).Collateral);
        Assert.True((await test.Store.ReadAsync(Keys[name](), default)).Collateral!.Raw.Span.SequenceEqual(good.Raw.Span));
    }

    [Theory]
    [InlineData(ProvisioningFault.Hang)]
    [InlineData(ProvisioningFault.HangInBody)]
    public async Task Reports_AnUpstreamThatTakesTooLong(ProvisioningFault fault)
    {
        await using var test = await Provisioned.StartAsync();
        test.Server.Fault = fault;
        var asking = test.Service(upstreams: [test.Pcs()]).GetAsync(Provisioned.TcbInfo).AsTask();
        await test.Server.ArrivedAsync();

        while (!asking.IsCompleted)
        {
            test.Time.Advance(TimeSpan.FromSeconds(31));
            await Task.WhenAny(asking, Task.Delay(20, TestContext.Current.CancellationToken));
        }

        var outcome = await asking;
        Assert.Equal(CollateralStatus.UpstreamFailed, outcome.Status);
        Assert.Contains("did not answer within", outcome.Problem, StringComparison.Ordinal);
        Assert.Empty(await test.Store.ListAsync(default));
    }

    [Fact]
    public async Task Says_WhatTheServiceExplained()
    {
        await using var test = await Provisioned.StartAsync();
        test.Server.Fault = ProvisioningFault.ExplainedError;

        var outcome = await test.Service().GetAsync(Provisioned.TcbInfo);

        Assert.Contains("InvalidRequestSyntax: fmspc is wrong", outcome.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_AServerThatIsNotThere()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        await test.Server.DisposeAsync();

        var outcome = await service.GetAsync(Provisioned.TcbInfo);

        Assert.Equal(CollateralStatus.UpstreamFailed, outcome.Status);
    }

    // Certificates do not depend on the day, and only documents and CRLs of Intel's have issuers in a header.
    private static bool Applies(string name, ProvisioningFault fault) => fault switch
    {
        ProvisioningFault.Expired or ProvisioningFault.FromTheFuture => name is not ("vcek" or "chain"),
        ProvisioningFault.NoChain => name is not ("root crl" or "vcek" or "chain" or "snp crl"),
        ProvisioningFault.OtherSubject => name is not ("root crl" or "chain" or "snp crl"),
        _ => true,
    };
}
