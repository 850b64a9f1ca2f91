using Casemate.Rpc;
using Casemate.Rpc.Nri;
using Casemate.Rpc.Ttrpc;
using Microsoft.Extensions.Logging;

namespace Casemate.Node.Nri;

/// <summary>
/// One connection to a runtime's Node Resource Interface, from registration to its end (containerd/nri, pkg/api v1alpha1). It subscribes
/// to the creation of containers alone, so nothing else of the node waits for it.
/// <para>It never calls UpdateContainers. containerd serves that call with its locks taken in the other order than events of containers
/// take them (containerd/containerd#13733; seen with 1.7.24): while pods start, one call can stop the whole runtime for good. Late changes
/// are told in the answer to Synchronize, of a session made anew.</para>
/// </summary>
internal sealed class NriSession(INriPlugin plugin, ILogger logger, TimeProvider time)
{
    /// <summary>The plugin's name at the runtime.</summary>
    public const string Name = "casemate-epc";

    /// <summary>Its place among the plugins: late, so that a limit that another one set is seen and left alone.</summary>
    public const string Index = "90";

    /// <summary>How long the runtime may take for the registration, and again for what follows it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LateInterval = TimeSpan.FromSeconds(5);

    // More than a node has; what is beyond is no runtime.
    private const int MaximumObjects = 20_000;
    private const int MaximumBytes = 64 * 1024 * 1024;                     // what a node runs takes about 1 KiB each
    private const int CreateContainerEvents = 1 << ((int)NriEvent.CreateContainer - 1);

    private readonly TaskCompletionSource _synchronized = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, PodSandbox> _pods = new(StringComparer.Ordinal);
    private readonly List<Container> _containers = [];
    private long _bytes;
    private Action<NriRuntime>? _ready;
    private NriRuntime? _runtime;
    private long _configured;

    /// <summary>Registers and serves until the connection ends.</summary>
    /// <param name="socket">To the runtime; its holder closes it afterwards.</param>
    /// <param name="ready">Called when the runtime has told what is there: from now on containers get limits.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RpcException">The runtime refused the plugin or did not answer.</exception>
    /// <exception cref="InvalidDataException">What it sent is not NRI.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired.</exception>
    public async Task<NriSessionEnd> RunAsync(Stream socket, Action<NriRuntime> ready, CancellationToken cancellationToken)
    {
        _ready = ready;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var enough = new CancellationTokenSource();
        using var trunk = new Trunk(socket, time);
        using var client = new TtrpcClient(trunk.RuntimeService, time);
        var serving = new TtrpcServer(Methods(), logger, time).RunAsync(trunk.PluginService, enough.Token, ending.Token);
        Task[] running = [trunk.RunAsync(ending.Token), serving, client.RunAsync(ending.Token)];
        var late = WaitForLateChangesAsync(ending.Token);
        var starting = StartAsync(client, ending.Token);
        var first = await Task.WhenAny([starting, late, .. running]).ConfigureAwait(false);
        if (first == starting && starting.IsCompletedSuccessfully)
        {
            first = await Task.WhenAny([late, .. running]).ConfigureAwait(false);
        }

        if (first == late && late.IsCompletedSuccessfully)
        {
            // Not before a container that is being created has its answer: it would be created without us.
            await enough.CancelAsync().ConfigureAwait(false);
            await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            first = serving.IsCompletedSuccessfully ? late : serving;      // an answer that could not be given is a connection that broke
        }

        await ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll([starting, late, .. running]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        await first.ConfigureAwait(false);
        return first == late ? NriSessionEnd.LateChanges : NriSessionEnd.ClosedByRuntime;
    }

    private async Task StartAsync(TtrpcClient client, CancellationToken cancellationToken)
    {
        await client.CallAsync(
            NriMethods.RegisterPlugin, new RegisterPluginRequest { PluginName = Name, PluginIdx = Index }, NriEmpty.Parser, Patience,
            cancellationToken).ConfigureAwait(false);
        try
        {
            await _synchronized.Task.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new RpcException(
                RpcStatus.DeadlineExceeded,
                $"The runtime took the registration and did not tell within {Patience.TotalSeconds:0} s what it runs.", e);
        }
    }

    private async Task WaitForLateChangesAsync(CancellationToken cancellationToken)
    {
        await _synchronized.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        do
        {
            await Task.Delay(LateInterval, time, cancellationToken).ConfigureAwait(false);
        }
        while (!await plugin.HasLateChangesAsync(cancellationToken).ConfigureAwait(false));
    }

    private IEnumerable<TtrpcMethod> Methods() =>
    [
        TtrpcMethod.Unary(
            NriMethods.Configure, ConfigureRequest.Parser.WithDiscardUnknownFields(true), (request, _) => ValueTask.FromResult(Configure(request))),
        TtrpcMethod.Unary(NriMethods.Synchronize, SynchronizeRequest.Parser.WithDiscardUnknownFields(true), SynchronizeAsync),
        TtrpcMethod.Unary(NriMethods.CreateContainer, CreateContainerRequest.Parser.WithDiscardUnknownFields(true), CreateAsync),
        TtrpcMethod.Unary(NriMethods.Shutdown, NriEmpty.Parser, (_, _) => ValueTask.FromResult(new NriEmpty())),
    ];

    private ConfigureResponse Configure(ConfigureRequest request)
    {
        _runtime = NriRuntime.Of(request.RuntimeName, request.RuntimeVersion, request.RequestTimeout);
        _configured = time.GetTimestamp();
        return new ConfigureResponse { Events = CreateContainerEvents };
    }

    // In several messages when there is much; each but the last says that more follows, and is answered without changes.
    private async ValueTask<SynchronizeResponse> SynchronizeAsync(SynchronizeRequest request, CancellationToken cancellationToken)
    {
        if (_runtime is null)
        {
            throw new RpcException(RpcStatus.FailedPrecondition, "Configure comes before Synchronize.");
        }

        _bytes += request.CalculateSize();
        if (_pods.Count + _containers.Count + request.Pods.Count + request.Containers.Count > MaximumObjects || _bytes > MaximumBytes)
        {
            Forget();
            throw new RpcException(
                RpcStatus.ResourceExhausted,
                $"More than {MaximumObjects} pods and containers, or {MaximumBytes} bytes of them, is more than a node runs.");
        }

        foreach (var pod in request.Pods)
        {
            _pods[pod.Id] = pod;
        }

        _containers.AddRange(request.Containers);
        if (request.More)
        {
            return new SynchronizeResponse { More = true };
        }

        var updates = await plugin.SynchronizeAsync(_pods, _containers, AnswerPatience, cancellationToken).ConfigureAwait(false);
        Forget();
        RefuseDoubt(_runtime);
        _ready?.Invoke(_runtime);
        _synchronized.TrySetResult();
        return new SynchronizeResponse { Update = { updates } };
    }

    // A runtime that has given up does not take the answer, and not every one closes the connection: containerd 1.7 leaves the plugin out,
    // and never asks it. When it began to wait is not known, but that was after Configure: the time of an agent that was stopped before it
    // read the request counts as well. The token of the call would not tell that.
    private void RefuseDoubt(NriRuntime runtime)
    {
        if (time.GetElapsedTime(_configured) < runtime.Patience)
        {
            return;
        }

        var late = new RpcException(
            RpcStatus.DeadlineExceeded,
            $"To learn what runs took the agent longer than the {runtime.Patience.TotalSeconds:0.#} s that the runtime waits, which may have "
                + "given it up.");
        _synchronized.TrySetException(late);
        throw late;
    }

    private void Forget()
    {
        _pods.Clear();
        _containers.Clear();
        _bytes = 0;
    }

    private async ValueTask<CreateContainerResponse> CreateAsync(CreateContainerRequest request, CancellationToken cancellationToken)
    {
        var adjustment = await plugin.CreateAsync(
            request.Pod ?? new PodSandbox(), request.Container ?? new Container(), AnswerPatience, cancellationToken).ConfigureAwait(false);
        return adjustment is null ? new CreateContainerResponse() : new CreateContainerResponse { Adjust = adjustment };
    }

    // The other half is the way there and back.
    private TimeSpan AnswerPatience => (_runtime?.Patience ?? NriRuntime.DefaultPatience) / 2;
}
