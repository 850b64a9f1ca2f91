using System.Text.Json.Nodes;
using Casemate.Admission;
using Casemate.Kubernetes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Addon.Tests;

/// <summary>What the manifests let the webhook do, against what it asks an API server for.</summary>
public sealed class WebhookRightsTests
{
    private const string Account = "casemate-webhook";
    private static readonly DateTimeOffset s_noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Each single right of the webhook's roles: role, rule, verb and resource.</summary>
    public static TheoryData<string, int, string, string> Rights
    {
        get
        {
            var rights = new TheoryData<string, int, string, string>();
            foreach (var role in Rendered().Where(IsRoleOfTheWebhook))
            {
                var rules = (JsonArray)role.ToNode()["rules"]!;
                for (var i = 0; i < rules.Count; i++)
                {
                    foreach (var verb in (JsonArray)rules[i]!["verbs"]!)
                    {
                        foreach (var resource in (JsonArray)rules[i]!["resources"]!)
                        {
                            rights.Add($"{role.Kind} {role.Name}", i, verb!.GetValue<string>(), resource!.GetValue<string>());
                        }
                    }
                }
            }

            return rights;
        }
    }

    [Fact]
    public async Task TheWebhook_MayDoWhatItDoes()
    {
        Assert.Null(await WorkAsync(Rendered().Select(one => one.ToNode())));
    }

    [Theory]
    [MemberData(nameof(Rights))]
    public async Task TheWebhook_NeedsEachOfItsRights(string role, int rule, string verb, string resource)
    {
        var objects = Rendered().Select(one => one.ToNode()).ToList();
        var rules = (JsonArray)objects.Single(one => $"{one["kind"]} {one["metadata"]!["name"]}" == role)["rules"]!;
        var whole = rules[rule]!;
        rules.RemoveAt(rule);
        foreach (var one in (JsonArray)whole["resources"]!)
        {
            var left = whole.DeepClone();
            left["resources"] = new JsonArray(one!.GetValue<string>());
            left["verbs"] = new JsonArray([.. ((JsonArray)whole["verbs"]!).Select(word => word!.GetValue<string>())
                .Where(word => word != verb || one.GetValue<string>() != resource).Select(word => JsonValue.Create(word))]);
            rules.Add(left);
        }

        Assert.Contains($"cannot {verb} resource \"{resource}\"", await WorkAsync(objects), StringComparison.Ordinal);
    }

    private static IReadOnlyList<KubeObject> Rendered() => AddonManifests.Objects(new AddonOptions { Overlay = AddonOverlay.Dra });

    private static bool IsRoleOfTheWebhook(KubeObject one) =>
        one.Kind is "Role" or "ClusterRole" && one.Name.StartsWith(Account, StringComparison.Ordinal);

    /// <summary>Everything that the webhook does as its account; null when all was allowed, else what was not.</summary>
    private static async Task<string?> WorkAsync(IEnumerable<JsonObject> objects)
    {
        await using var server = await TestApiServer.StartAsync();
        foreach (var one in objects)
        {
            if (KubeResource.Known.FirstOrDefault(resource => resource.Kind == one["kind"]!.GetValue<string>()) is { } resource)
            {
                server.Put(resource, one);
            }
        }

        var time = new ManualTimeProvider(s_noon);
        using var client = new KubeClient(
            server.ConfigurationOf(AddonOptions.SystemNamespace, Account), new KubeClientOptions { Time = time });
        await using var watch = new ClusterWatch(client, NullLogger.Instance);
        await server.UntilAsync(() =>
            watch.Problem?.Contains("cannot", StringComparison.Ordinal) == true
            || (watch is { IsSynced: true, Problem: null } && server.OpenWatches == 2));
        if (watch.Problem is { } problem)
        {
            return problem;
        }

        await using var keeper = new CertificateKeeper(
            client, new CertificateKeeperOptions { Namespace = AddonOptions.SystemNamespace }, NullLogger.Instance);
        try
        {
            await keeper.KeepAsync();
            time.Advance(CertificateSet.Validity - CertificateSet.RenewAhead + TimeSpan.FromDays(1));
            await keeper.KeepAsync();
        }
        catch (KubeException exception)
        {
            return exception.Message;
        }

        return await new KubeClaimTemplates(client).EnsureAsync(
            "shop", [new ClaimTemplate("epc-8", "sgx.casemate.dev", 8)], CancellationToken.None);
    }
}
