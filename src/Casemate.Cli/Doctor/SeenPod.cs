using System.Text.Json;
using Casemate.Addon;
using Casemate.Kubernetes;

namespace Casemate.Cli.Doctor;

/// <summary>What of a pod matters here. Fields of other types than they should have count as missing.</summary>
internal sealed class SeenPod
{
    /// <summary>The directory of the AESM socket, under which pods mount it.</summary>
    public const string AesmDirectory = "/var/run/aesmd";

    private SeenPod(KubeObject pod)
    {
        Object = pod;
        Phase = pod.At("status", "phase") is { ValueKind: JsonValueKind.String } phase ? phase.GetString()! : "";
        NodeName = pod.At("spec", "nodeName") is { ValueKind: JsonValueKind.String } node ? node.GetString()! : "";
        Containers = [.. pod.ListAt("spec", "initContainers"), .. pod.ListAt("spec", "containers")];
        Requests = Sum(pod);
        HostPaths = [.. pod.ListAt("spec", "volumes").Select(volume => JsonText.At(volume, "hostPath") is { } host ? JsonText.Of(host, "path") : "")
            .Where(path => path.Length > 0)];
    }

    public KubeObject Object { get; }

    public string Key => Object.Key;

    public string Phase { get; }

    public string NodeName { get; }

    public IReadOnlyList<JsonElement> Containers { get; }

    /// <summary>What it asks for of names that have to do with SGX, as the scheduler counts: the quantity, null when it is no whole number.</summary>
    public IReadOnlyDictionary<string, long?> Requests { get; }

    public IReadOnlyList<string> HostPaths { get; }

    public bool IsPending => Phase == "Pending";

    public bool IsOver => Phase is "Succeeded" or "Failed";

    public bool IsPrivileged => Containers.Any(container => JsonText.IsTrue(container, "securityContext", "privileged"));

    /// <summary>Whether it expects AESM: by environment, annotation or mount.</summary>
    public bool WantsQuotes => Object.Annotations.ContainsKey("sgx.intel.com/quote-provider")
        || HostPaths.Any(path => path.TrimEnd('/') == AesmDirectory)
        || Containers.Any(container => JsonText.Items(container, "env").Any(one => JsonText.Of(one, "name") == "SGX_AESM_ADDR")
            || JsonText.Items(container, "volumeMounts").Any(one => JsonText.Of(one, "mountPath").TrimEnd('/') == AesmDirectory));

    /// <summary>Reads a pod of the cluster; null when it has nothing to do with SGX or the add-on.</summary>
    public static SeenPod? TryRead(KubeObject pod)
    {
        if (pod.Namespace is not (AddonOptions.NodeNamespace or AddonOptions.SystemNamespace)
            && !HasWord(pod.At("spec")) && !pod.Annotations.Keys.Any(key => key.Contains("sgx", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        return new SeenPod(pod);
    }

    /// <summary>Reads any pod.</summary>
    public static SeenPod Read(KubeObject pod) => new(pod);

    /// <summary>Whether a resource's name is meant to have to do with SGX.</summary>
    public static bool IsOfSgx(string name) => name.Contains("sgx", StringComparison.OrdinalIgnoreCase);

    private static bool HasWord(JsonElement? spec) => spec?.GetRawText() is { } text
        && (text.Contains("sgx", StringComparison.OrdinalIgnoreCase) || text.Contains(AesmDirectory, StringComparison.Ordinal));

    // Containers beside each other add up; init containers run one after the other, beside the sidecars that began before them.
    private static Dictionary<string, long?> Sum(KubeObject pod)
    {
        var beside = new Dictionary<string, long?>(StringComparer.Ordinal);
        var most = new Dictionary<string, long?>(StringComparer.Ordinal);
        foreach (var container in pod.ListAt("spec", "initContainers"))
        {
            var isSidecar = JsonText.Of(container, "restartPolicy") == "Always";
            foreach (var (name, amount) in Amounts(container))
            {
                var running = Add(beside.GetValueOrDefault(name, 0), amount);
                most[name] = Most(most.GetValueOrDefault(name, 0), running);
                if (isSidecar)
                {
                    beside[name] = running;
                }
            }
        }

        foreach (var container in pod.ListAt("spec", "containers"))
        {
            foreach (var (name, amount) in Amounts(container))
            {
                beside[name] = Add(beside.GetValueOrDefault(name, 0), amount);
            }
        }

        foreach (var (name, amount) in beside)
        {
            most[name] = Most(most.GetValueOrDefault(name, 0), amount);
        }

        return most;
    }

    private static Dictionary<string, long?> Amounts(JsonElement container)
    {
        var amounts = new Dictionary<string, long?>(StringComparer.Ordinal);
        foreach (var list in (string[])["limits", "requests"])
        {
            if (JsonText.At(container, "resources", list) is { ValueKind: JsonValueKind.Object } named)
            {
                foreach (var member in named.EnumerateObject().Where(member => IsOfSgx(member.Name)))
                {
                    var text = member.Value.ValueKind is JsonValueKind.String ? member.Value.GetString() : member.Value.GetRawText();
                    amounts[member.Name] = Quantity.TryReadWhole(text, out var amount) && amount >= 0 ? amount : null;
                }
            }
        }

        return amounts;
    }

    private static long? Add(long? one, long? other) => one is { } a && other is { } b && a <= long.MaxValue - b ? a + b : null;

    private static long? Most(long? one, long? other) => one is { } a && other is { } b ? Math.Max(a, b) : null;
}
