using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Casemate.Kubernetes.Tests;

/// <summary>The test API server asks admission webhooks as a real one does, and the client tells what they say.</summary>
public sealed class AdmissionTests : IAsyncLifetime
{
    private readonly TestAuthority _authority = new("webhooks");
    private readonly List<string> _warnings = [];
    private TestApiServer _server = null!;
    private KubeClient _client = null!;
    private Webhook _webhook = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestApiServer.StartAsync();
        _client = _server.CreateClient(options => options with { Warned = _warnings.Add, MaxAttempts = 1 });
        _webhook = await Webhook.StartAsync(_authority.Issue("webhook.casemate-system.svc"));
        _server.Expose("casemate-system", "webhook", _webhook.Port);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _webhook.DisposeAsync();
        await _server.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public async Task Changes_APod_BeforeItIsKept()
    {
        Configure(isMutating: true);
        _webhook.Answer = _ => Patch("add", "/metadata/labels", new JsonObject { ["seen"] = "1" });

        var pod = await _client.CreateAsync(KubeResource.Pods, "x", Pod("p"));

        Assert.Equal("1", pod.Labels["seen"]);
        var asked = Assert.Single(_server.AdmissionCalls);
        Assert.Equal(("w.casemate.dev", "allowed"), (asked.Webhook, asked.Outcome));
        Assert.Equal(("CREATE", "x", "pods"), (Text(asked, "operation"), Text(asked, "namespace"), asked.Request["resource"]!["resource"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Refuses_WhatAWebhookDenies_AndTellsWhy()
    {
        Configure(isMutating: false);
        _webhook.Answer = _ => new JsonObject { ["allowed"] = false, ["status"] = new JsonObject { ["message"] = "not here" } };

        var failure = await Assert.ThrowsAsync<KubeException>(() => _client.CreateAsync(KubeResource.Pods, "x", Pod("p")));

        Assert.Contains("admission webhook \"w.casemate.dev\" denied the request: not here", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_server.All(KubeResource.Pods));
    }

    [Fact]
    public async Task Tells_Warnings()
    {
        Configure(isMutating: false);
        _webhook.Answer = _ => new JsonObject { ["allowed"] = true, ["warnings"] = new JsonArray("bytes, not \"MiB\"") };

        await _client.CreateAsync(KubeResource.Pods, "x", Pod("p"));

        Assert.Equal(["bytes, not \"MiB\""], _warnings);
    }

    [Theory]
    [InlineData("Fail", false)]
    [InlineData("Ignore", true)]
    public async Task Honours_TheFailurePolicy_WhenNobodyAnswers(string policy, bool isMade)
    {
        Configure(isMutating: true, webhook => webhook["failurePolicy"] = policy);
        _server.Unexpose("casemate-system", "webhook");

        var made = await Record.ExceptionAsync(() => _client.CreateAsync(KubeResource.Pods, "x", Pod("p"))) is null;

        Assert.Equal(isMade, made);
        Assert.StartsWith("failed: ", Assert.Single(_server.AdmissionCalls).Outcome, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Believes_OnlyTheBundleOfTheWebhook()
    {
        using var other = new TestAuthority("others");
        Configure(isMutating: true, webhook => webhook["clientConfig"]!["caBundle"] = Base64(other.Pem));

        await Assert.ThrowsAsync<KubeException>(() => _client.CreateAsync(KubeResource.Pods, "x", Pod("p")));
        Assert.Equal(0, _webhook.Asked);
    }

    [Fact]
    public async Task Waits_NoLongerThanTheWebhookMayTake()
    {
        Configure(isMutating: true, webhook => webhook["timeoutSeconds"] = 1);
        _webhook.IsSilent = true;

        var failure = await Assert.ThrowsAsync<KubeException>(() => _client.CreateAsync(KubeResource.Pods, "x", Pod("p")));

        Assert.Contains("context deadline exceeded", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_AboutSelectedNamespaces_AndObjects_Alone()
    {
        _server.Put(KubeResource.Namespaces, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "off", ["labels"] = new JsonObject { ["casemate.dev/webhook"] = "disabled" } },
        });
        Configure(isMutating: true, webhook =>
        {
            webhook["namespaceSelector"] = JsonNode.Parse(
                """{"matchExpressions":[{"key":"casemate.dev/webhook","operator":"NotIn","values":["disabled"]}]}""");
            webhook["objectSelector"] = JsonNode.Parse("""{"matchLabels":{"ask":"yes"}}""");
        });

        await _client.CreateAsync(KubeResource.Pods, "off", Pod("a", "ask", "yes"));
        await _client.CreateAsync(KubeResource.Pods, "on", Pod("b"));
        await _client.CreateAsync(KubeResource.ConfigMaps, "on", Pod("c", "ask", "yes"));
        Assert.Empty(_server.AdmissionCalls);

        await _client.CreateAsync(KubeResource.Pods, "on", Pod("d", "ask", "yes"));
        Assert.Single(_server.AdmissionCalls);
    }

    [Fact]
    public async Task Asks_Again_AfterALaterWebhookChangedSomething()
    {
        Configure(isMutating: true, webhook => webhook["reinvocationPolicy"] = "IfNeeded", "a");
        Configure(isMutating: true, webhook => webhook["name"] = "later.casemate.dev", "b");
        _webhook.Answer = request => request["object"]!["metadata"]!["labels"] is null && _webhook.Asked == 2
            ? Patch("add", "/metadata/labels", new JsonObject { ["later"] = "1" })
            : new JsonObject { ["allowed"] = true };

        await _client.CreateAsync(KubeResource.Pods, "x", Pod("p"));

        Assert.Equal(["w.casemate.dev", "later.casemate.dev", "w.casemate.dev"], _server.AdmissionCalls.Select(call => call.Webhook));
        Assert.NotNull(_server.AdmissionCalls[2].Request["object"]!["metadata"]!["labels"]!["later"]);
    }

    [Fact]
    public async Task Asks_AboutAppliedObjects_AndDryRuns_AndKeepsNothingOfThose()
    {
        Configure(isMutating: true);
        _webhook.Answer = _ => Patch("add", "/metadata/annotations", new JsonObject { ["seen"] = "1" });

        var tried = await _client.ApplyAsync(KubeResource.Pods, "x", "p", Pod("p"), new KubeApplyOptions { DryRun = true });
        Assert.Null(_server.Find(KubeResource.Pods, "x", "p"));
        var made = await _client.ApplyAsync(KubeResource.Pods, "x", "p", Pod("p"));

        Assert.Equal(("1", "1"), (tried.Annotations["seen"], made.Annotations["seen"]));
        Assert.True(_server.AdmissionCalls[0].Request["dryRun"]!.GetValue<bool>());
    }

    private static string Text(AdmissionCall call, string name) => call.Request[name]!.GetValue<string>();

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static JsonObject Patch(string operation, string path, JsonNode value) => new()
    {
        ["allowed"] = true,
        ["patchType"] = "JSONPatch",
        ["patch"] = Base64(new JsonArray(new JsonObject { ["op"] = operation, ["path"] = path, ["value"] = value }).ToJsonString()),
    };

    private void Configure(bool isMutating, Action<JsonObject>? change = null, string name = "casemate")
    {
        var webhook = new JsonObject
        {
            ["name"] = "w.casemate.dev",
            ["clientConfig"] = new JsonObject
            {
                ["service"] = new JsonObject { ["namespace"] = "casemate-system", ["name"] = "webhook", ["path"] = "/admit" },
                ["caBundle"] = Base64(_authority.Pem),
            },
            ["rules"] = JsonNode.Parse("""[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}]"""),
            ["sideEffects"] = "None",
            ["failurePolicy"] = "Fail",
        };
        change?.Invoke(webhook);
        _server.Put(
            isMutating ? KubeResource.MutatingWebhookConfigurations : KubeResource.ValidatingWebhookConfigurations,
            new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["webhooks"] = new JsonArray(webhook) });
    }

    private static JsonObject Pod(string name, string? label = null, string value = "")
    {
        var pod = new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } };
        if (label is not null)
        {
            pod["metadata"]!["labels"] = new JsonObject { [label] = value };
        }

        return pod;
    }

    /// <summary>A webhook on loopback.</summary>
    private sealed class Webhook : IAsyncDisposable
    {
        private WebApplication _application = null!;
        private int _asked;

        public int Port { get; private set; }

        public int Asked => Volatile.Read(ref _asked);

        public bool IsSilent { get; set; }

        public Func<JsonObject, JsonObject> Answer { get; set; } = _ => new JsonObject { ["allowed"] = true };

        public static async Task<Webhook> StartAsync(X509Certificate2 certificate)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
            var webhook = new Webhook { _application = builder.Build() };
            webhook._application.Run(webhook.HandleAsync);
            await webhook._application.StartAsync();
            webhook.Port = new Uri(
                webhook._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
            return webhook;
        }

        public ValueTask DisposeAsync() => _application.DisposeAsync();

        private async Task HandleAsync(HttpContext context)
        {
            if (IsSilent)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            Interlocked.Increment(ref _asked);
            var review = (await JsonNode.ParseAsync(context.Request.Body))!;
            var request = (JsonObject)review["request"]!;
            var response = Answer(request);
            response["uid"] = request["uid"]!.DeepClone();
            await context.Response.WriteAsync(new JsonObject { ["response"] = response }.ToJsonString());
        }
    }
}
