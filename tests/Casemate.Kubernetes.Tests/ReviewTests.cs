using System.Text.Json.Nodes;
using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

/// <summary>Tokens of service accounts, whose a token is, and who may do what.</summary>
public sealed class ReviewTests : IAsyncLifetime
{
    private static readonly KubeAccessQuestion ListPods = new("list", KubeResource.Pods) { Namespace = "x" };

    private TestApiServer _server = null!;
    private KubeClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        _client = _server.CreateClient();
        _server.Put(KubeResource.ServiceAccounts, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = "x" } });
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Asks_ForAToken_ThatIsGoodForItsAudienceAlone()
    {
        var token = await _client.CreateTokenAsync("x", "a", ["kbs"], TimeSpan.FromMinutes(10));

        var review = await _client.ReviewTokenAsync(token.Token, ["kbs", "other"]);
        Assert.Equal((true, "system:serviceaccount:x:a"), (review.IsAuthenticated, review.Username));
        Assert.Contains("system:serviceaccounts:x", review.Groups);
        Assert.Equal(["kbs"], review.Audiences);
        Assert.False((await _client.ReviewTokenAsync(token.Token, [])).IsAuthenticated);
        Assert.DoesNotContain(token.Token, token.ToString(), StringComparison.Ordinal);
        Assert.True(token.Expires > DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public async Task SaysNothing_OfATokenThatIsNotGood()
    {
        var review = await _client.ReviewTokenAsync("forged", []);

        Assert.False(review.IsAuthenticated);
        Assert.Equal(("", "invalid bearer token"), (review.Username, review.Error));
        Assert.Empty(review.Groups);
    }

    [Fact]
    public async Task Says_ThereIsNoSuchAccount() => Assert.True((await Assert.ThrowsAsync<KubeException>(
        () => _client.CreateTokenAsync("x", "nobody", [], TimeSpan.FromHours(1)))).IsNotFound);

    [Fact]
    public async Task Asks_WhatSomebodyMayDo()
    {
        Assert.False((await _client.ReviewAccessAsync(ListPods, "system:serviceaccount:x:a", [])).IsAllowed);
        Allow("list", "pods");

        Assert.True((await _client.ReviewAccessAsync(ListPods, "system:serviceaccount:x:a", [])).IsAllowed);
        Assert.False((await _client.ReviewAccessAsync(ListPods with { Namespace = "y" }, "system:serviceaccount:x:a", [])).IsAllowed);
        Assert.False((await _client.ReviewAccessAsync(ListPods with { Subresource = "log" }, "system:serviceaccount:x:a", [])).IsAllowed);
    }

    [Fact]
    public async Task Asks_WhatItMayDoItself()
    {
        Allow("list", "pods");
        using var own = new KubeClient(_server.ConfigurationOf("x", "a"));

        Assert.True((await own.ReviewOwnAccessAsync(ListPods)).IsAllowed);
        Assert.False((await own.ReviewOwnAccessAsync(ListPods with { Verb = "delete" })).IsAllowed);
    }

    [Fact]
    public async Task TheTestServer_HoldsAnAccount_ToItsRoles()
    {
        using var own = new KubeClient(_server.ConfigurationOf("x", "a"));
        var failure = await Assert.ThrowsAsync<KubeException>(() => own.ListAsync(KubeResource.Pods, new KubeListOptions { Namespace = "x" }));
        Assert.Contains(
            "User \"system:serviceaccount:x:a\" cannot list resource \"pods\" in API group \"\" in the namespace \"x\"", failure.Message,
            StringComparison.Ordinal);

        Allow("list", "pods");

        Assert.Empty((await own.ListAsync(KubeResource.Pods, new KubeListOptions { Namespace = "x" })).Items);
        Assert.True((await Assert.ThrowsAsync<KubeException>(() => own.ListAsync(KubeResource.Pods))).IsForbidden);
        Assert.True(_server.Allows("x", "a", ListPods));
    }

    private void Allow(string verb, string resource)
    {
        _server.Put(KubeResource.Roles, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "r", ["namespace"] = "x" },
            ["rules"] = new JsonArray(new JsonObject
            {
                ["apiGroups"] = new JsonArray(""),
                ["resources"] = new JsonArray(resource),
                ["verbs"] = new JsonArray(verb),
            }),
        });
        _server.Put(KubeResource.RoleBindings, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "r", ["namespace"] = "x" },
            ["roleRef"] = new JsonObject { ["kind"] = "Role", ["name"] = "r" },
            ["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = "a", ["namespace"] = "x" }),
        });
    }
}
