using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Primitives.Json;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Rpc.Kubelet.Registration;

namespace Casemate.Cli.Doctor;

/// <summary>The node agent as the kubelet sees it, and others who offer the same.</summary>
internal sealed class PluginChecks(ExaminedNode node)
{
    private const string Own = "casemate-";
    private const string DraSocket = "sgx.casemate.dev-reg.sock";
    private const string Checkpoint = "kubelet_internal_checkpoint";
    private const int LargestCheckpoint = 16 * 1024 * 1024;
    private const int MostSockets = 64;
    private const int LargestAnswer = 64 * 1024;

    private string Directory => Path.Combine(node.KubeletDirectory, "device-plugins");

    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.PluginSockets, SocketsAsync),
        new(DoctorFindingId.PluginRegistered, Registered),
        new(DoctorFindingId.PluginRivals, Rivals),
    ];

    private List<string> Sockets() => !System.IO.Directory.Exists(Directory) ? []
        : [.. System.IO.Directory.EnumerateFiles(Directory, "*.sock").Select(path => Path.GetFileName(path)!)
            .Where(name => name != "kubelet.sock").Take(MostSockets).Order(StringComparer.Ordinal)];

    private async Task<IReadOnlyList<DoctorFinding>> SocketsAsync(CancellationToken cancellationToken)
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            return [];
        }

        var own = Sockets().Where(name => name.StartsWith(Own, StringComparison.Ordinal)).ToList();
        var dra = Path.Combine(node.KubeletDirectory, "plugins_registry", DraSocket);
        if (own.Count == 0 && !File.Exists(dra))
        {
            return [DoctorFinding.Failed(
                DoctorFindingId.PluginSockets, $"no socket of the node agent is in {Directory}, and none of its DRA driver in plugins_registry",
                "casemate addon install --image IMAGE; where it is installed, look why its pod does not run here: "
                    + "kubectl -n casemate-node get pods -o wide")];
        }

        var asked = own.Select(name => AskAsync(
            Path.Combine(Directory, name), KubeletMethods.GetDevicePluginOptions, DevicePluginOptions.Parser, cancellationToken)).ToList();
        if (File.Exists(dra))
        {
            asked.Add(AskAsync(dra, KubeletMethods.GetInfo, PluginInfo.Parser, cancellationToken));
        }

        return await Task.WhenAll(asked);
    }

    private async Task<DoctorFinding> AskAsync<T>(
        string path, string method, Google.Protobuf.MessageParser<T> parser, CancellationToken cancellationToken)
        where T : class, Google.Protobuf.IMessage<T>
    {
        if (await SocketProbe.TryAsync(path, cancellationToken) is { } closed)
        {
            return closed.IsDenied
                ? DoctorFinding.NotChecked(DoctorFindingId.PluginSockets, $"{path} {closed.Problem}", "Run it again as root.") with { IsDenied = true }
                : DoctorFinding.Failed(
                    DoctorFindingId.PluginSockets, $"{path} {closed.Problem}",
                    "The agent that made it is gone: kubectl -n casemate-node rollout restart daemonset/casemate-node");
        }

        await using var client = new RpcClient(new RpcClientOptions { SocketPath = path, MaxResponseBytes = LargestAnswer, Time = node.Time });
        try
        {
            await client.CallAsync(method, new Empty(), parser, node.Limit / 2, cancellationToken);
            return DoctorFinding.Passed(DoctorFindingId.PluginSockets, $"{path} answers {method}");
        }
        catch (RpcException exception)
        {
            return DoctorFinding.Failed(
                DoctorFindingId.PluginSockets, $"{path} does not answer {method}: {exception.Message}",
                "Look at the agent's log (kubectl -n casemate-node logs ds/casemate-node), and start it again: "
                    + "kubectl -n casemate-node rollout restart daemonset/casemate-node");
        }
    }

    private IEnumerable<DoctorFinding> Registered()
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            yield break;
        }

        if (!TryReadRegistered(out var names, out var problem))
        {
            yield return problem;
            yield break;
        }

        var known = names.Where(name => ResourceFamily.TryFind(name, out _) || AccessResource.All.Contains(name)).ToList();
        var hasSockets = Sockets().Exists(name => name.StartsWith(Own, StringComparison.Ordinal));
        if (known.Count > 0)
        {
            yield return DoctorFinding.Passed(
                DoctorFindingId.PluginRegistered, $"the kubelet has {string.Join(", ", known)} ({Path.Combine(Directory, Checkpoint)})");
        }
        else if (hasSockets)
        {
            yield return DoctorFinding.Failed(
                DoctorFindingId.PluginRegistered,
                $"the agent's sockets are there, and the kubelet has no healthy device of SGX ({Path.Combine(Directory, Checkpoint)})",
                "The kubelet started after the agent and has not been told again, or all devices are unhealthy: "
                    + "kubectl -n casemate-node rollout restart daemonset/casemate-node");
        }
    }

    private bool TryReadRegistered(out IReadOnlyList<string> names, out DoctorFinding problem)
    {
        var path = Path.Combine(Directory, Checkpoint);
        (names, problem) = ([], DoctorFinding.NotChecked(DoctorFindingId.PluginRegistered, $"there is no {path} yet"));
        if (!File.Exists(path))
        {
            return false;
        }

        byte[] bytes;
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
        {
            if (file.Length > LargestCheckpoint)
            {
                problem = DoctorFinding.NotChecked(DoctorFindingId.PluginRegistered, $"{path} is larger than {LargestCheckpoint >> 20} MiB");
                return false;
            }

            bytes = new byte[file.Length];
            file.ReadExactly(bytes);
        }

        if (!StrictJson.TryParse(bytes, out var document, out var error, maxDepth: 16))
        {
            problem = DoctorFinding.NotChecked(
                DoctorFindingId.PluginRegistered, $"{path} is not what a kubelet writes: {error}", "Look again: it may have been half written.");
            return false;
        }

        using (document)
        {
            names = document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("Data", out var data) && data.ValueKind is JsonValueKind.Object
                && data.TryGetProperty("RegisteredDevices", out var devices) && devices.ValueKind is JsonValueKind.Object
                    ? [.. devices.EnumerateObject().Where(one => one.Value is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0)
                        .Select(one => one.Name)]
                    : [];
            return true;
        }
    }

    private IEnumerable<DoctorFinding> Rivals()
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            yield break;
        }

        var sockets = Sockets();
        var hasOwn = sockets.Exists(name => name.StartsWith(Own, StringComparison.Ordinal));
        var others = sockets.Where(name => !name.StartsWith(Own, StringComparison.Ordinal)
            && name.Contains("sgx", StringComparison.OrdinalIgnoreCase)).ToList();
        const string fix = "Keep one: 'kubectl get daemonsets --all-namespaces' shows whose they are, 'casemate addon install' refuses "
            + "a second one, and says how to remove it or to go beside it.";
        if (others.Count > 0)
        {
            var evidence = $"{Directory} has sockets of another plugin: {string.Join(", ", others)}";
            yield return hasOwn ? DoctorFinding.Failed(DoctorFindingId.PluginRivals, evidence, fix)
                : DoctorFinding.Warning(DoctorFindingId.PluginRivals, evidence, fix);
        }

        var families = TryReadRegistered(out var names, out _) ? [.. names.Where(name => ResourceFamily.TryFind(name, out _))] : new List<string>();
        if (families.Count > 1)
        {
            yield return DoctorFinding.Failed(
                DoctorFindingId.PluginRivals, $"the kubelet has EPC under several names, which is the same memory: {string.Join(", ", families)}", fix);
        }

        if (others.Count == 0 && families.Count < 2)
        {
            yield return DoctorFinding.Passed(DoctorFindingId.PluginRivals, $"no other plugin of SGX has a socket in {Directory}");
        }
    }
}
