using Casemate.Attestation;
using Casemate.Collateral.Store;
using Casemate.Collateral.Tests.Service;
using Casemate.Collateral.Upstream;
using Casemate.Testing.Attestation;

namespace Casemate.Collateral.Tests.Upstream;

/// <summary>The region of an Azure virtual machine, and what it is good for.</summary>
public sealed class AzureInstanceTests
{
    [Fact]
    public async Task Finds_TheRegion_OfTheMachineThatAsks()
    {
        await using var test = await Provisioned.StartAsync();
        using var handler = UpstreamTransport.CreateHandler(useProxy: false);
        using var instance = new AzureInstance(Metadata(test), handler, test.Time);

        Assert.Equal(("westeurope", ""), await instance.FindRegionAsync(default));
        Assert.Equal(["/metadata/instance?api-version=2021-02-01"], test.Server.Requests);
    }

    [Theory]
    [InlineData(ProvisioningFault.ServerError, "a network policy blocks 127.0.0.1")]
    [InlineData(ProvisioningFault.NotFound, "refuses")]
    [InlineData(ProvisioningFault.Html, "HTML")]
    [InlineData(ProvisioningFault.Redirect, "redirect")]
    [InlineData(ProvisioningFault.Noise, "something else than JSON")]
    public async Task Says_WhatIsWrong_AndWhatToDo(ProvisioningFault fault, string expected)
    {
        await using var test = await Provisioned.StartAsync();
        test.Server.Fault = fault;
        using var handler = UpstreamTransport.CreateHandler(useProxy: false);
        using var instance = new AzureInstance(Metadata(test), handler, test.Time);

        var (region, problem) = await instance.FindRegionAsync(default);

        Assert.Null(region);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GivesUp_AfterOneSecond_WhereItIsBlocked()
    {
        Assert.Equal(TimeSpan.FromSeconds(1), AzureInstance.LinkLocal.Timeout);
        await using var test = await Provisioned.StartAsync();
        test.Server.Fault = ProvisioningFault.Hang;
        using var handler = UpstreamTransport.CreateHandler(useProxy: false);
        using var instance = new AzureInstance(Metadata(test), handler, test.Time);

        var finding = instance.FindRegionAsync(default).AsTask();
        await test.Server.ArrivedAsync();
        test.Time.Advance(TimeSpan.FromSeconds(1));
        var (region, problem) = await finding;

        Assert.Null(region);
        Assert.Contains("did not answer within 1 s", problem, StringComparison.Ordinal);
        Assert.Contains("Allow egress to 127.0.0.1/32", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("useast2", true)]
    [InlineData("", false)]
    [InlineData("West Europe", false)]
    [InlineData("evil.example/", false)]
    public void ARegion_CannotLeadToAnotherHost(string text, bool expected)
    {
        Assert.Equal(expected, AzureInstance.IsRegion(text));
        if (expected)
        {
            Assert.Equal($"https://{text}.thim.azure.net/sgx/certification/v4/", ThimOptions.RegionalBase(text).Address.ToString());
        }
        else
        {
            Assert.Throws<ArgumentException>(() => ThimOptions.RegionalBase(text));
        }
    }

    [Fact]
    public async Task TheRegion_IsAskedForDocumentsOfTdx_AndTheCacheForWhatItDoesNotGive()
    {
        await using var test = await Provisioned.StartAsync();
        await using var region = await TestProvisioningServer.StartAsync(Provisioned.Platform, test.Time);
        using var handler = UpstreamTransport.CreateHandler(useProxy: false);
        using var client = new ThimClient(
            new ThimOptions
            {
                Metadata = Metadata(test),
                Cache = new UpstreamEndpoint { Address = test.Server.CertificationBase },
                Regional = new UpstreamEndpoint { Address = region.CertificationBase },
            }, handler, handler, test.Time);

        Assert.Equal(UpstreamStatus.Found, (await FetchAsync(CollateralKey.QeIdentity(Tee.Tdx))).Status);
        Assert.Equal(["/tdx/certification/v4/qe/identity?clientid=production_client"], region.Requests);
        Assert.Empty(test.Server.Requests);

        Assert.Equal(UpstreamStatus.Found, (await FetchAsync(CollateralKey.QeIdentity(Tee.Sgx))).Status);
        Assert.Single(region.Requests);

        region.Fault = ProvisioningFault.ServerError;
        Assert.Equal(UpstreamStatus.Found, (await FetchAsync(CollateralKey.TcbInfo(Tee.Tdx, Provisioned.Fmspc))).Status);
        Assert.Equal(2, region.Requests.Count);

        ValueTask<UpstreamAnswer> FetchAsync(CollateralKey key) => client.FetchAsync(new CollateralRequest(key), default);
    }

    private static UpstreamEndpoint Metadata(Provisioned test) =>
        AzureInstance.LinkLocal with { Address = new Uri(test.Server.Address, "metadata/") };
}
