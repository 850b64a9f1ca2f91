using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Testing.Kubernetes;

/// <summary>What others do beside the server: controllers, kubelets, and those who slow it down.</summary>
public sealed partial class TestApiServer
{
    private readonly ConcurrentDictionary<string, string> _logs = new();
    private readonly List<Hold> _holds = [];

    /// <summary>New kinds are served at once. Default true.</summary>
    public bool EstablishDefinitions { get; set; } = true;

    /// <summary>
    /// DaemonSets, Deployments and Jobs are complete as soon as they are written: their controllers and kubelets are quick here. Default
    /// false: a test writes their status.
    /// </summary>
    public bool CompleteWorkloads { get; set; }

    /// <summary>How many nodes a DaemonSet fits, for <see cref="CompleteWorkloads"/>. Default 1.</summary>
    public int Nodes { get; set; } = 1;

    /// <summary>Whether objects can be made only in namespaces that are there. Default false.</summary>
    public bool RequireNamespaces
    {
        get => _store.RequireNamespaces;
        set => _store.RequireNamespaces = value;
    }

    /// <summary>Requests wait from now on, until this is disposed.</summary>
    /// <param name="applies">Which; null: all.</param>
    public IDisposable Slow(Func<ApiRequest, bool>? applies = null)
    {
        var hold = new Hold(this, applies ?? (_ => true));
        lock (_holds)
        {
            _holds.Add(hold);
        }

        return hold;
    }

    /// <summary>What a container wrote.</summary>
    public void PutLog(string namespaceName, string pod, string container, string text) =>
        _logs[$"{namespaceName}/{pod}/{container}"] = text;

    private sealed class Hold(TestApiServer server, Func<ApiRequest, bool> applies) : IDisposable
    {
        public Func<ApiRequest, bool> Applies { get; } = applies;

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose()
        {
            lock (server._holds)
            {
                server._holds.Remove(this);
            }

            Over.TrySetResult();
        }
    }

    private async Task HeldAsync(ApiRequest request, CancellationToken gone)
    {
        Hold? hold;
        lock (_holds)
        {
            hold = _holds.Find(one => one.Applies(request));
        }

        if (hold is not null)
        {
            Pulse();
            try
            {
                await hold.Over.Task.WaitAsync(gone).WaitAsync(_stopping.Token);
            }
            catch (OperationCanceledException)
            {
                throw new ApiFault(0, "", "nobody waits for it any more");
            }
        }
    }

    private string ReadLog(ApiRequest request, Place place)
    {
        var prefix = $"{place.Namespace}/{place.Name}/";
        var key = request.Query.TryGetValue("container", out var container)
            ? prefix + container : _logs.Keys.FirstOrDefault(one => one.StartsWith(prefix, StringComparison.Ordinal)) ?? prefix;
        if (!_logs.TryGetValue(key, out var text))
        {
            throw new ApiFault(404, "NotFound", $"pods \"{place.Name}\" not found, or it has no such container");
        }

        if (request.Query.TryGetValue("tailLines", out var tail))
        {
            var lines = text.TrimEnd('\n').Split('\n');
            text = string.Join('\n', lines.TakeLast(int.Parse(tail, CultureInfo.InvariantCulture))) + "\n";
        }

        return text;
    }

    private void PlayControllers()
    {
        if (EstablishDefinitions)
        {
            SetStatus(KubeResource.CustomResourceDefinitions, _ => new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Established", ["status"] = "True" }),
            });
        }

        if (!CompleteWorkloads)
        {
            return;
        }

        SetStatus(KubeResource.DaemonSets, one => new JsonObject
        {
            ["observedGeneration"] = one["metadata"]!["generation"]!.DeepClone(),
            ["desiredNumberScheduled"] = Nodes,
            ["currentNumberScheduled"] = Nodes,
            ["updatedNumberScheduled"] = Nodes,
            ["numberReady"] = Nodes,
            ["numberAvailable"] = Nodes,
        });
        SetStatus(KubeResource.Deployments, one =>
        {
            var count = one["spec"]?["replicas"]?.GetValue<int>() ?? 1;
            return new JsonObject
            {
                ["observedGeneration"] = one["metadata"]!["generation"]!.DeepClone(),
                ["replicas"] = count,
                ["updatedReplicas"] = count,
                ["readyReplicas"] = count,
                ["availableReplicas"] = count,
            };
        });
        SetStatus(KubeResource.Jobs, one => new JsonObject
        {
            ["succeeded"] = one["spec"]?["completions"]?.GetValue<int>() ?? 1,
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Complete", ["status"] = "True" }),
        });
    }

    private void SetStatus(KubeResource resource, Func<JsonObject, JsonObject> status)
    {
        foreach (var one in _store.List(resource.PathOf(null), null).Where(one => one["metadata"]!["deletionTimestamp"] is null))
        {
            var wanted = status(one);
            lock (_store.Gate)
            {
                var (space, name) = (one["metadata"]!["namespace"]?.GetValue<string>() ?? "", one["metadata"]!["name"]!.GetValue<string>());
                if (JsonNode.DeepEquals(one["status"], wanted) || _store.Find(resource.PathOf(null), space, name) is null)
                {
                    continue;
                }

                var owner = new FieldOwner("controller", "Update", "status");
                _store.Update(
                    resource.PathOf(null), space, name, "status", owner, now =>
                    {
                        now["status"] = wanted;
                        return now;
                    });
            }
        }
    }
}
