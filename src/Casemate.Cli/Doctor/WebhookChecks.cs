using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Addon;
using Casemate.Admission;
using Casemate.Cli.Collateral;
using Casemate.Kubernetes;

namespace Casemate.Cli.Doctor;

/// <summary>The admission webhook, seen from the API server's side.</summary>
internal sealed class WebhookChecks(ExaminedCluster cluster)
{
    private const string Name = WebhookConfigurations.DefaultName;
    private const string Secret = "casemate-webhook-tls";
    private const int LargestBundle = 1 << 20;
    private const string Restart = "kubectl -n casemate-system logs deploy/casemate-webhook; kubectl -n casemate-system rollout restart "
        + "deployment/casemate-webhook";

    /// <summary>Where the pod is tried that is not kept.</summary>
    public const string TrialNamespace = "default";

    private static readonly TimeSpan s_soon = TimeSpan.FromDays(7);

    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.WebhookConfigured, ConfiguredAsync),
        new(DoctorFindingId.WebhookPolicy, PolicyAsync),
        new(DoctorFindingId.WebhookAuthorities, AuthoritiesAsync),
        new(DoctorFindingId.WebhookCertificate, CertificateAsync),
        new(DoctorFindingId.WebhookEndpoints, EndpointsAsync),
        new(DoctorFindingId.WebhookAnswers, AnswersAsync),
    ];

    private Task<KubeObject?> MutatingAsync(CancellationToken cancellationToken) =>
        cluster.Client.TryGetAsync(KubeResource.MutatingWebhookConfigurations, null, Name, cancellationToken);

    private Task<KubeObject?> ValidatingAsync(CancellationToken cancellationToken) =>
        cluster.Client.TryGetAsync(KubeResource.ValidatingWebhookConfigurations, null, Name, cancellationToken);

    private async Task<IReadOnlyList<DoctorFinding>> ConfiguredAsync(CancellationToken cancellationToken)
    {
        var deployment = await cluster.Client.TryGetAsync(
            KubeResource.Deployments, AddonOptions.SystemNamespace, Name, cancellationToken);
        var mutating = await MutatingAsync(cancellationToken);
        var install = await cluster.InstallWebhookAsync();
        return (deployment, mutating) switch
        {
            (null, null) => [DoctorFinding.Warning(
                DoctorFindingId.WebhookConfigured,
                $"there is neither a Deployment {AddonOptions.SystemNamespace}/{Name} nor a MutatingWebhookConfiguration {Name}: pods are made as "
                    + "their authors wrote them",
                install)],
            (_, null) => [DoctorFinding.Failed(
                DoctorFindingId.WebhookConfigured,
                $"the Deployment {AddonOptions.SystemNamespace}/{Name} is there, and no MutatingWebhookConfiguration {Name}: nobody asks it",
                install)],
            (null, _) => [DoctorFinding.Failed(
                DoctorFindingId.WebhookConfigured,
                $"the MutatingWebhookConfiguration {Name} is there, and no Deployment {AddonOptions.SystemNamespace}/{Name}: nobody answers",
                $"{install}; or take it away: kubectl delete mutatingwebhookconfiguration {Name}")],
            ({ } there, _) when there.At("spec", "replicas")?.ToString() == "0" => [DoctorFinding.Failed(
                DoctorFindingId.WebhookConfigured, $"the Deployment {there.Key} is scaled to 0: nobody answers, and pods are made as written",
                $"kubectl -n {AddonOptions.SystemNamespace} scale deployment {Name} --replicas=2")],
            ({ } there, _) => [AddonChecks.Judge(DoctorFindingId.WebhookConfigured, AddonChecks.Named(there, "Deployment"), "Deployment")],
        };
    }

    private async Task<IReadOnlyList<DoctorFinding>> PolicyAsync(CancellationToken cancellationToken)
    {
        var findings = new List<DoctorFinding>();
        foreach (var (kind, configuration) in new[]
        {
            ("MutatingWebhookConfiguration", await MutatingAsync(cancellationToken)),
            ("ValidatingWebhookConfiguration", await ValidatingAsync(cancellationToken)),
        })
        {
            foreach (var hook in configuration?.ListAt("webhooks") ?? [])
            {
                var policy = JsonText.Of(hook, "failurePolicy");
                var narrow = JsonText.Items(hook, "matchConditions").Count > 0;
                var selector = JsonText.At(hook, "namespaceSelector")?.GetRawText() ?? "";
                var what = $"{kind} {Name}, {JsonText.Of(hook, "name")}";
                if (policy != "Ignore" && !(narrow && selector.Contains("kube-system", StringComparison.Ordinal)))
                {
                    findings.Add(DoctorFinding.Failed(
                        DoctorFindingId.WebhookPolicy,
                        $"{what}: failurePolicy {(policy.Length == 0 ? "Fail" : policy)}, for pods that have nothing to do with SGX as well: down, it "
                            + "locks the cluster",
                        "casemate addon install writes it as it was: Ignore, or matchConditions for pods with SGX."));
                }
                else if (!selector.Contains("kube-system", StringComparison.Ordinal))
                {
                    findings.Add(DoctorFinding.Warning(
                        DoctorFindingId.WebhookPolicy, $"{what}: its namespaceSelector does not leave out kube-system", "casemate addon install"));
                }
                else
                {
                    findings.Add(DoctorFinding.Passed(
                        DoctorFindingId.WebhookPolicy, $"{what}: failurePolicy {policy}{(narrow ? ", for pods with SGX alone" : "")}, without kube-system"));
                }
            }
        }

        return findings;
    }

    private async Task<IReadOnlyList<DoctorFinding>> AuthoritiesAsync(CancellationToken cancellationToken)
    {
        var findings = new List<DoctorFinding>();
        foreach (var (kind, configuration) in new[]
        {
            ("MutatingWebhookConfiguration", await MutatingAsync(cancellationToken)),
            ("ValidatingWebhookConfiguration", await ValidatingAsync(cancellationToken)),
        })
        {
            foreach (var hook in configuration?.ListAt("webhooks") ?? [])
            {
                findings.Add(JudgeBundle($"{kind} {Name}, {JsonText.Of(hook, "name")}", hook));
            }
        }

        return findings;
    }

    private DoctorFinding JudgeBundle(string what, System.Text.Json.JsonElement hook)
    {
        const DoctorFindingId id = DoctorFindingId.WebhookAuthorities;
        if (!TryReadBundle(hook, out var bundle, out var problem))
        {
            return DoctorFinding.Failed(id, $"{what}: {problem}", $"The webhook writes it itself, once it runs: {Restart}");
        }

        try
        {
            var now = cluster.OwnNow.UtcDateTime;
            var good = bundle.Where(one => one.NotBefore.ToUniversalTime() <= now && now <= one.NotAfter.ToUniversalTime()).ToList();
            var last = bundle.Max(one => one.NotAfter.ToUniversalTime());
            return good.Count > 0
                ? DoctorFinding.Passed(id, $"{what}: caBundle has {Output.Plural.Of(bundle.Count, "certificate")}, good until {CollateralTable.Day(last)}")
                : DoctorFinding.Failed(
                    id, $"{what}: no certificate of caBundle is valid now (the last ended {CollateralTable.Day(last)})",
                    $"Compare the clocks; then: {Restart}");
        }
        finally
        {
            Forget(bundle);
        }
    }

    private async Task<IReadOnlyList<DoctorFinding>> CertificateAsync(CancellationToken cancellationToken)
    {
        const DoctorFindingId id = DoctorFindingId.WebhookCertificate;
        if (await MutatingAsync(cancellationToken) is not { } configuration)
        {
            return [];
        }

        var where = $"Secret {AddonOptions.SystemNamespace}/{Secret}";
        var secret = await cluster.Client.TryGetAsync(KubeResource.Secrets, AddonOptions.SystemNamespace, Secret, cancellationToken);
        if (secret is null)
        {
            return [DoctorFinding.Failed(id, $"there is no {where}", $"The webhook makes it when it runs: {Restart}")];
        }

        if (CertificateSet.TryRead(secret) is not { } set)
        {
            return [DoctorFinding.Failed(
                id, $"{where} holds no certificate with its key and authority",
                $"kubectl -n {AddonOptions.SystemNamespace} delete secret {Secret}; the webhook makes another within a minute.")];
        }

        var until = CollateralTable.Day(set.NotAfter);
        if (set.NotAfter <= cluster.OwnNow)
        {
            return [DoctorFinding.Failed(id, $"{where}: the certificate ended {until}", Restart)];
        }

        if (!Knows(configuration, set))
        {
            return [DoctorFinding.Failed(
                id, $"{where}: its authority is not in the caBundle of MutatingWebhookConfiguration {Name}: the API server does not believe it",
                $"The webhook writes it itself, once it may: {Restart}")];
        }

        return [set.NotAfter - cluster.OwnNow < s_soon
            ? DoctorFinding.Warning(id, $"{where}: the certificate ends {until} and was not renewed", Restart)
            : DoctorFinding.Passed(id, $"{where}: good until {until}, and its authority is in the caBundle")];
    }

    private static bool Knows(KubeObject configuration, CertificateSet set)
    {
        using var wanted = new Disposables(set.AuthoritiesPem);
        foreach (var hook in configuration.ListAt("webhooks"))
        {
            if (!TryReadBundle(hook, out var bundle, out _))
            {
                return false;
            }

            try
            {
                // The next authority is made known before it is needed: all of them must be there.
                if (!wanted.All.All(one => bundle.Any(known => known.RawDataMemory.Span.SequenceEqual(one.RawDataMemory.Span))))
                {
                    return false;
                }
            }
            finally
            {
                Forget(bundle);
            }
        }

        return true;
    }

    private static bool TryReadBundle(System.Text.Json.JsonElement hook, out X509Certificate2Collection bundle, out string problem)
    {
        bundle = [];
        problem = "it has no caBundle";
        if (JsonText.At(hook, "clientConfig") is not { } config || JsonText.Of(config, "caBundle") is not { Length: > 0 } text)
        {
            return false;
        }

        problem = $"its caBundle is larger than {LargestBundle >> 10} KiB";
        if (text.Length > LargestBundle)
        {
            return false;
        }

        problem = "its caBundle holds no certificate";
        try
        {
            bundle.ImportFromPem(Encoding.ASCII.GetString(Convert.FromBase64String(text)));
            return bundle.Count > 0;
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException)
        {
            Forget(bundle);
            bundle = [];
            return false;
        }
    }

    private static void Forget(X509Certificate2Collection certificates)
    {
        foreach (var certificate in certificates)
        {
            certificate.Dispose();
        }
    }

    private async Task<IReadOnlyList<DoctorFinding>> EndpointsAsync(CancellationToken cancellationToken)
    {
        if (await MutatingAsync(cancellationToken) is null)
        {
            return [];
        }

        var slices = await cluster.Client.ListAsync(
            KubeResource.EndpointSlices,
            new KubeListOptions { Namespace = AddonOptions.SystemNamespace, LabelSelector = $"kubernetes.io/service-name={Name}" }, cancellationToken);
        var ends = slices.Items.SelectMany(slice => slice.ListAt("endpoints")).ToList();
        var ready = ends.Count(end => JsonText.At(end, "conditions", "ready") is not { ValueKind: System.Text.Json.JsonValueKind.False });
        var where = $"EndpointSlices of Service {AddonOptions.SystemNamespace}/{Name}";
        return [ready switch
        {
            0 => DoctorFinding.Failed(
                DoctorFindingId.WebhookEndpoints, $"{where}: none of {ends.Count} endpoints is ready",
                $"kubectl -n {AddonOptions.SystemNamespace} get pods,endpointslices; {Restart}"),
            1 => DoctorFinding.Warning(
                DoctorFindingId.WebhookEndpoints, $"{where}: one endpoint is ready: when its node goes, pods pass as they are",
                $"kubectl -n {AddonOptions.SystemNamespace} get pods -o wide"),
            _ => DoctorFinding.Passed(DoctorFindingId.WebhookEndpoints, $"{where}: {ready} are ready"),
        }];
    }

    private async Task<IReadOnlyList<DoctorFinding>> AnswersAsync(CancellationToken cancellationToken)
    {
        const DoctorFindingId id = DoctorFindingId.WebhookAnswers;
        if (await MutatingAsync(cancellationToken) is null)
        {
            return [];
        }

        var family = (await cluster.NodesAsync()).SelectMany(node => node.Families).Where(one => one.Allocatable > 0)
            .Select(one => one.Family).FirstOrDefault() ?? ResourceFamily.Intel;
        KubeObject tried;
        try
        {
            tried = await cluster.Client.CreateDryRunAsync(KubeResource.Pods, TrialNamespace, TrialPod(family), cancellationToken);
        }
        catch (KubeException exception) when (exception.StatusCode is 403 && !exception.Message.Contains("cannot create", StringComparison.Ordinal))
        {
            return [DoctorFinding.NotChecked(
                id, $"a pod tried in namespace {TrialNamespace} was refused before the webhook could answer: {exception.Message}",
                "A quota or Pod Security refuses it; without them the question can be answered.")];
        }
        catch (KubeException exception) when (exception.StatusCode is 500 && exception.Message.Contains("failed calling webhook", StringComparison.Ordinal))
        {
            return [DoctorFinding.Failed(id, $"a pod tried by dry run in namespace {TrialNamespace}: {exception.Message}", Restart)];
        }

        var changed = tried.Annotations.ContainsKey("sgx.intel.com/epc") || tried.ListAt("spec", "tolerations").Any(one =>
            JsonText.Of(one, "key") == family.Name)
            || tried.Annotations.Keys.Any(key => key.StartsWith("casemate.dev/", StringComparison.Ordinal));
        return [changed
            ? DoctorFinding.Passed(id, $"a pod that asks for {family.Name}, tried by dry run in namespace {TrialNamespace}, came back completed")
            : DoctorFinding.Failed(
                id,
                $"a pod that asks for {family.Name}, tried by dry run in namespace {TrialNamespace}, came back as it was: the API server does not "
                    + "reach the webhook, and lets pods pass",
                $"Look at WebhookEndpoints and WebhookCertificate above, at the API server's log ('failed calling webhook'), and at what keeps it "
                    + $"from port 8443 of pods in {AddonOptions.SystemNamespace} (NetworkPolicy, firewall): {Restart}")];
    }

    // It meets Pod Security's 'restricted', so that nothing but the webhook has to say anything about it.
    private static JsonObject TrialPod(ResourceFamily family) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "casemate-doctor-trial" },
        ["spec"] = new JsonObject
        {
            ["automountServiceAccountToken"] = false,
            ["restartPolicy"] = "Never",
            ["securityContext"] = new JsonObject
            {
                ["runAsNonRoot"] = true,
                ["runAsUser"] = 65532,
                ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            },
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = "trial",
                ["image"] = "casemate.invalid/trial:1",
                ["securityContext"] = new JsonObject
                {
                    ["allowPrivilegeEscalation"] = false,
                    ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
                },
                ["resources"] = new JsonObject
                {
                    ["limits"] = new JsonObject
                    {
                        ["cpu"] = "1m",
                        ["memory"] = "1Mi",
                        [family.Name] = family.RequestFromBytes(1 << 20).ToString(System.Globalization.CultureInfo.InvariantCulture),
                    },
                },
            }),
        },
    };

    private sealed class Disposables : IDisposable
    {
        public Disposables(string pem) => All.ImportFromPem(pem);

        public X509Certificate2Collection All { get; } = [];

        public void Dispose() => Forget(All);
    }
}
