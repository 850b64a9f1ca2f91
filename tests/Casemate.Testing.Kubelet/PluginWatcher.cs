using System.Collections.Concurrent;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.Registration;

namespace Casemate.Testing.Kubelet;

/// <summary>Watches a directory for sockets of plugins that let themselves be found, asks who they are and tells them how it went.</summary>
internal sealed class PluginWatcher : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, string> _plugins = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _registeredFrom = new(StringComparer.Ordinal);
    private readonly FileSystemWatcher _watcher;
    private readonly Action _changed;

    public PluginWatcher(string directory, Action changed)
    {
        _changed = changed;
        Directory.CreateDirectory(directory);
        _watcher = new FileSystemWatcher(directory) { NotifyFilter = NotifyFilters.FileName };
        _watcher.Created += (_, file) => Found(file.FullPath);
        _watcher.Renamed += (_, file) => Found(file.FullPath);
        _watcher.Deleted += (_, file) => Gone(file.FullPath);
        _watcher.EnableRaisingEvents = true;
        foreach (var socket in Directory.EnumerateFiles(directory))
        {
            Found(socket);
        }
    }

    public IReadOnlyDictionary<string, string> Plugins => _plugins;

    public void Dispose() => _watcher.Dispose();

    // Hidden names are passed over, as the kubelet does.
    private void Found(string socket)
    {
        if (!Path.GetFileName(socket).StartsWith('.'))
        {
            _asked[socket] = Task.Run(() => AskAsync(socket));
        }
    }

    private void Gone(string socket)
    {
        foreach (var (name, _) in _registeredFrom.Where(entry => entry.Value == socket).ToList())
        {
            _registeredFrom.TryRemove(name, out _);
            _plugins.TryRemove(name, out _);
        }

        _changed();
    }

    private async Task AskAsync(string socket)
    {
        try
        {
            await using var client = new RpcClient(new RpcClientOptions { SocketPath = socket });
            var who = await client.CallAsync(KubeletMethods.GetInfo, new InfoRequest(), PluginInfo.Parser, Patience, CancellationToken.None);
            var endpoint = who.Endpoint.Length == 0 ? socket : who.Endpoint;
            var problem = who.Type is not "DRAPlugin" ? $"no handler for plugin type {who.Type}"
                : !who.SupportedVersions.Contains("v1.DRAPlugin") ? "none of the supported versions is known"
                : !File.Exists(endpoint) ? $"the endpoint {endpoint} is not there"
                : "";
            if (problem.Length == 0)
            {
                _plugins[who.Name] = endpoint;
                _registeredFrom[who.Name] = socket;
            }

            await client.CallAsync(
                KubeletMethods.NotifyRegistrationStatus, new RegistrationStatus { PluginRegistered = problem.Length == 0, Error = problem },
                RegistrationStatusResponse.Parser, Patience, CancellationToken.None);
        }
        catch (RpcException)
        {
            // A plugin that does not answer is not registered; its next socket is asked again.
        }

        _changed();
    }
}
