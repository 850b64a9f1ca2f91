using System.Net.Sockets;
using Casemate.Node.Discovery;
using Casemate.Node.Nri;
using Casemate.Rpc;
using Microsoft.Extensions.Logging;

namespace Casemate.Node.Enforcement;

/// <summary>
/// Keeps the connection to the runtime's NRI while the kernel can enforce EPC limits, comes back when the runtime does, and says at any
/// time which it is.
/// </summary>
internal sealed class EpcEnforcer : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AccountPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AccountInterval = TimeSpan.FromMilliseconds(50);

    private readonly EpcEnforcementSettings _settings;
    private readonly Func<SgxHardware?> _sgx;
    private readonly Func<bool> _isAccountKnown;
    private readonly INriPlugin _plugin;
    private readonly Action<NodeNotice>? _notify;
    private readonly Upkeep _upkeep;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private volatile EpcEnforcementStatus _status;
    private string? _told;

    /// <summary>Makes an enforcer; it does nothing before <see cref="Start"/>.</summary>
    public EpcEnforcer(
        EpcEnforcementSettings settings, Func<SgxHardware?> sgx, Func<bool> isAccountKnown, INriPlugin plugin, Action<NodeNotice>? notify,
        Upkeep upkeep, ILogger logger, TimeProvider time)
    {
        (_settings, _sgx, _isAccountKnown, _plugin) = (settings, sgx, isAccountKnown, plugin);
        (_notify, _upkeep, _logger, _time) = (notify, upkeep, logger, time);
        _status = WhyNot() ?? NoRuntime("the agent has just started");
    }

    /// <summary>How it stands; what the kernel can is looked at anew each time.</summary>
    public EpcEnforcementStatus Status => WhyNot() ?? _status;

    /// <summary>Starts to look for the runtime.</summary>
    public void Start()
    {
        if (_settings is { Mode: not EpcEnforcementMode.Off, NriSocket: { } socket })
        {
            _running = _upkeep.KeepAsync("The enforcement of EPC limits", token => RunAsync(socket, token), _stopping.Token);
        }
    }

    /// <summary>Ends the connection. Containers keep the limits that they have.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private EpcEnforcementStatus? WhyNot() => this switch
    {
        _ when _sgx() is not { EnforcementPossible: true } => EpcEnforcementStatus.NoController,
        { _settings: { Mode: EpcEnforcementMode.Off } or { NriSocket: null } } => EpcEnforcementStatus.Off,
        _ => null,
    };

    private async Task RunAsync(string socket, CancellationToken stopping)
    {
        var pause = FirstPause;
        await AccountAsync(stopping).ConfigureAwait(false);
        while (true)
        {
            var served = false;
            if (WhyNot() is { } reason)
            {
                Tell(reason);
                pause = LongestPause;
            }
            else
            {
                served = await ServeAsync(socket, stopping).ConfigureAwait(false);
            }

            pause = served ? FirstPause : pause;
            await Task.Delay(pause, _time, stopping).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    // The runtime tells once what runs, so what it holds should be known by then. Without a kubelet it never is: new containers count more.
    private async Task AccountAsync(CancellationToken stopping)
    {
        var start = _time.GetTimestamp();
        while (!_isAccountKnown() && _time.GetElapsedTime(start) < AccountPatience)
        {
            await Task.Delay(AccountInterval, _time, stopping).ConfigureAwait(false);
        }
    }

    private async Task<bool> ServeAsync(string path, CancellationToken stopping)
    {
        var served = false;
        string problem;
        if (!File.Exists(path))
        {
            Tell(NoRuntime("there is no such socket"));
            return served;
        }

        try
        {
            using var socket = await ConnectAsync(path, stopping).ConfigureAwait(false);
            await using var stream = new NetworkStream(socket);
            if (await new NriSession(_plugin, _logger, _time).RunAsync(stream, Ready, stopping).ConfigureAwait(false) is NriSessionEnd.LateChanges)
            {
                return served;                                             // enforced as before, once it is made anew
            }

            problem = "the runtime closed the connection";
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException or RpcException)
        {
            problem = e.Message.TrimEnd('.');
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A fault of our own: told as one, and no reason to give enforcement up for good.
            EnforcementLog.SessionFailed(_logger, e);
            problem = "the agent failed; its log says why";
        }

        Tell(NoRuntime(problem));
        return served;

        void Ready(NriRuntime runtime)
        {
            served = true;
            Tell(new EpcEnforcementStatus(
                EpcEnforcementState.Active, $"EPC limits are enforced: containers get misc.max through the NRI of {runtime.Name}."));
        }
    }

    private async Task<Socket> ConnectAsync(string path, CancellationToken stopping)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var patience = new CancellationTokenSource(ConnectPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, patience.Token);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), either.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is OperationCanceledException && !stopping.IsCancellationRequested)
            {
                throw new IOException($"nobody accepted the connection within {ConnectPatience.TotalSeconds:0} s", e);
            }

            throw;
        }
    }

    private EpcEnforcementStatus NoRuntime(string problem) => new(
        EpcEnforcementState.NoRuntime,
        $"EPC limits are scheduling accounting: the kernel has an EPC controller, and the runtime's NRI at {_settings.NriSocket} cannot be "
            + $"used ({problem}).");

    // Once for each change; how often a missing runtime was looked for is of no interest.
    private void Tell(EpcEnforcementStatus status)
    {
        var before = _status;
        _status = status;
        if (status.Message == _told)
        {
            return;
        }

        _told = status.Message;
        var isWorse = before.State is EpcEnforcementState.Active || (!status.IsActive && _settings.Mode is EpcEnforcementMode.On);
        EnforcementLog.Changed(_logger, isWorse ? LogLevel.Warning : LogLevel.Information, status.Message);
        if (isWorse)
        {
            _notify?.Invoke(new NodeNotice("EPCLimitsNotEnforced", status.Message, Warning: true));
        }
        else if (status.IsActive)
        {
            _notify?.Invoke(new NodeNotice("EPCLimitsEnforced", status.Message, Warning: false));
        }
    }
}
