using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;

namespace Casemate.Testing.Kubelet;

/// <summary>A plugin as the runtime sees it: a socket with two connections, on one of which the plugin serves.</summary>
internal sealed class RuntimePlugin : IDisposable
{
    private const uint PluginService = 1;
    private const uint RuntimeService = 2;

    private readonly Socket _socket;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<RuntimeMessage>> _calls = [];
    private readonly RuntimeConnection _toPlugin;
    private readonly RuntimeConnection _fromPlugin;
    private uint _stream = uint.MaxValue;

    public RuntimePlugin(Socket socket)
    {
        _socket = socket;
        _toPlugin = new RuntimeConnection(socket, _writing, PluginService);
        _fromPlugin = new RuntimeConnection(socket, _writing, RuntimeService);
    }

    /// <summary>Every message that the plugin sent: requests, and answers.</summary>
    public ConcurrentQueue<RuntimeMessage> Sent { get; } = [];

    /// <summary>Index and name, after the registration.</summary>
    public TaskCompletionSource<string> Registered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Why the connection ended.</summary>
    public Exception? Problem { get; private set; }

    /// <summary>Serves the plugin until its connection ends.</summary>
    public async Task RunAsync()
    {
        var running = Task.WhenAll(Guard(ServeAsync()), Guard(TakeAnswersAsync()));
        await Guard(ReadTrunkAsync());
        _toPlugin.End();
        _fromPlugin.End();
        await running;
        Registered.TrySetException(Problem ?? new IOException("the plugin closed the connection"));
        foreach (var call in _calls.Values)
        {
            call.TrySetException(Problem ?? new IOException("the plugin closed the connection"));
        }
    }

    /// <summary>Calls the plugin.</summary>
    /// <exception cref="ContainerRefusedException">It answered with an error.</exception>
    /// <exception cref="TimeoutException">It did not answer in time.</exception>
    public async Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser, TimeSpan timeout)
        where T : IMessage<T>
    {
        var stream = unchecked(_stream += 2);
        var answer = _calls[stream] = new TaskCompletionSource<RuntimeMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var envelope = TtrpcEnvelope.Request(
            "nri.pkg.api.v1alpha1.Plugin", method, request.ToByteArray(), (long)timeout.TotalNanoseconds);
        await _toPlugin.WriteAsync(new RuntimeMessage(stream, 1, 0, envelope));
        var fields = TtrpcEnvelope.Read((await answer.Task.WaitAsync(timeout)).Data);
        if (fields.TryGetValue(1, out var status) && TtrpcEnvelope.Read((byte[])status) is var told && told.TryGetValue(1, out var code))
        {
            throw new ContainerRefusedException($"{code}: {Encoding.UTF8.GetString((byte[])told.GetValueOrDefault(2, Array.Empty<byte>()))}");
        }

        return parser.ParseFrom((byte[])fields.GetValueOrDefault(2, Array.Empty<byte>()));
    }

    /// <summary>Drops the plugin.</summary>
    public void Dispose() => _socket.Dispose();

    private async Task Guard(Task work)
    {
        try
        {
            await work;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidDataException)
        {
            Problem ??= e;
        }

        _socket.Dispose();
    }

    private async Task ReadTrunkAsync()
    {
        var header = new byte[8];
        while (await ReadAsync(header))
        {
            var piece = new byte[BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4))];
            if (!await ReadAsync(piece))
            {
                return;
            }

            var connection = BinaryPrimitives.ReadUInt32BigEndian(header) switch
            {
                PluginService => _toPlugin,
                RuntimeService => _fromPlugin,
                _ => null,
            };
            if (connection?.Deliver(piece) is false)
            {
                throw new InvalidDataException("failed to queue payload for reading");
            }
        }
    }

    private async Task<bool> ReadAsync(Memory<byte> memory)
    {
        while (!memory.IsEmpty)
        {
            var read = await _socket.ReceiveAsync(memory);
            if (read == 0)
            {
                return false;
            }

            memory = memory[read..];
        }

        return true;
    }

    private async Task ServeAsync()
    {
        while (await _fromPlugin.ReadAsync() is { } message)
        {
            Sent.Enqueue(message);
            var fields = TtrpcEnvelope.Read(message.Data);
            var method = Encoding.UTF8.GetString((byte[])fields[1]) + "/" + Encoding.UTF8.GetString((byte[])fields[2]);
            if (message.Type != 1 || message.Flags != 0 || message.Stream % 2 == 0 || method != "nri.pkg.api.v1alpha1.Runtime/RegisterPlugin")
            {
                await _fromPlugin.WriteAsync(new RuntimeMessage(message.Stream, 2, 0, TtrpcEnvelope.Response([], 12, "no such method")));
                continue;
            }

            var request = TtrpcEnvelope.Read((byte[])fields[3]);
            var name = Encoding.UTF8.GetString((byte[])request[1]);
            var index = Encoding.UTF8.GetString((byte[])request[2]);
            var valid = index.Length == 2 && index.All(char.IsAsciiDigit) && name.Length > 0
                && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '+');
            await _fromPlugin.WriteAsync(new RuntimeMessage(
                message.Stream, 2, 0, valid ? TtrpcEnvelope.Response([]) : TtrpcEnvelope.Response([], 2, "invalid plugin name or index")));
            if (valid)
            {
                Registered.TrySetResult($"{index}-{name}");
            }
        }
    }

    private async Task TakeAnswersAsync()
    {
        while (await _toPlugin.ReadAsync() is { } message)
        {
            Sent.Enqueue(message);
            if (message.Type == 2 && _calls.TryRemove(message.Stream, out var call))
            {
                call.TrySetResult(message);
            }
        }
    }
}
