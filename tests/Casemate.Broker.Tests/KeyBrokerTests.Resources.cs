using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Text;
using Casemate.Testing.Attestation;

namespace Casemate.Broker.Tests;

/// <content>Resources: who gets them, and what is recorded of it.</content>
public partial class KeyBrokerTests
{
    [Fact]
    public async Task Policy_GrantsResources_AndDoesNotTellWhetherOthersExist()
    {
        Assert.True(ResourcePattern.TryParse("default/*/*", out var pattern));
        await using var fixture = new BrokerFixture(o => o with { Policy = o.Policy with { Resources = [pattern] } });
        await fixture.Store.PutAsync(ResourcePath.Parse("private/key/1"), "x"u8.ToArray());
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync("sgx", workload);
        var session = attested.Value!.SessionId;
        Assert.True((await fixture.Broker.GetResourceAsync(session, null, BrokerFixture.Secret)).Succeeded);
        var there = await fixture.Broker.GetResourceAsync(session, null, ResourcePath.Parse("private/key/1"));
        var notThere = await fixture.Broker.GetResourceAsync(session, null, ResourcePath.Parse("private/key/2"));
        Assert.Equal(BrokerErrorCode.PolicyDeny, there.Error!.Code);
        Assert.Equal(there.Error, notThere.Error);
        Assert.Equal(
            BrokerErrorCode.ResourceNotFound,
            (await fixture.Broker.GetResourceAsync(session, null, ResourcePath.Parse("default/key/9"))).Error!.Code);
        Assert.Equal(2, fixture.Recorded.Count(d => d.Error?.Code is BrokerErrorCode.PolicyDeny));
    }

    [Fact]
    public async Task Tells_ADamagedResourceFromAMissingOne()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync("sgx", workload);
        foreach (var file in Directory.EnumerateFiles(fixture.Folder.File("resources"), "*.sealed"))
        {
            File.WriteAllBytes(file, [1, 2, 3]);
        }

        var result = await fixture.Broker.GetResourceAsync(attested.Value!.SessionId, null, BrokerFixture.Secret);
        Assert.Equal(BrokerErrorCode.StorageUnavailable, result.Error!.Code);
        Assert.IsType<ResourceDamagedException>(result.Error.Cause);
        Assert.DoesNotContain(fixture.Folder.Path, result.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gives_NothingOutThatIsNotRecorded()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync("sgx", workload);
        fixture.AuditFails = true;
        var read = await fixture.Broker.GetResourceAsync(attested.Value!.SessionId, null, BrokerFixture.Secret);
        Assert.Equal(BrokerErrorCode.StorageUnavailable, read.Error!.Code);
        var again = await fixture.AttestAsync("sgx", workload);
        Assert.Equal(BrokerErrorCode.StorageUnavailable, again.Error!.Code);
        Assert.Single(fixture.Observed);
    }

    [Fact]
    public async Task Changes_NothingThatIsNotRecorded()
    {
        await using var fixture = new BrokerFixture();
        fixture.AuditFails = true;

        var written = await fixture.Broker.PutResourceAsync(BrokerFixture.Secret, "another"u8.ToArray());
        var deleted = await fixture.Broker.DeleteResourceAsync(BrokerFixture.Secret);

        Assert.Equal(BrokerErrorCode.StorageUnavailable, written.Error!.Code);
        Assert.Equal(BrokerErrorCode.StorageUnavailable, deleted.Error!.Code);
        Assert.Equal("the secret"u8.ToArray(), await fixture.Store.GetAsync(BrokerFixture.Secret));
    }

    [Fact]
    public async Task Records_AlsoThatNothingCameOfAChange()
    {
        await using var fixture = new BrokerFixture();
        Directory.Delete(fixture.Folder.File("resources"), recursive: true);

        var written = await fixture.Broker.PutResourceAsync(BrokerFixture.Secret, "another"u8.ToArray());
        var deleted = await fixture.Broker.DeleteResourceAsync(BrokerFixture.Secret);

        Assert.Equal(BrokerErrorCode.StorageUnavailable, written.Error!.Code);
        Assert.Equal(BrokerErrorCode.StorageUnavailable, deleted.Error!.Code);
        Assert.Equal(
            [DecisionOutcome.Allowed, DecisionOutcome.Undecided, DecisionOutcome.Undecided], fixture.Recorded.Select(d => d.Outcome));
    }

    [Fact]
    public async Task Removes_ADamagedResource()
    {
        await using var fixture = new BrokerFixture();
        File.WriteAllBytes(Directory.EnumerateFiles(fixture.Folder.File("resources"), "*.sealed").Single(), [1, 2, 3]);

        Assert.True((await fixture.Broker.DeleteResourceAsync(BrokerFixture.Secret)).Succeeded);
        Assert.Null(await fixture.Store.GetAsync(BrokerFixture.Secret));
    }
}
