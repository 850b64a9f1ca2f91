using System.Buffers.Binary;
using System.Text;
using System.Threading.Channels;
using Casemate.Quoting.Devices;
using Casemate.Quoting.Qgs;

namespace Casemate.Quoting.Dcap;

/// <summary>
/// The worker process: the only place where Intel's quoting library is loaded, so that its crash, its hanging and its writing over
/// memory end this process and nothing else. A program that offers <see cref="DcapQuoteProvider"/> calls <see cref="Run"/> when its only
/// argument is <see cref="Argument"/>, before anything else.
/// </summary>
public static class DcapWorker
{
    /// <summary>The argument that makes the program a worker. Not for people: a worker talks to the quote helper only.</summary>
    public const string Argument = "dcap-worker";

    /// <summary>The variable that makes Intel's library ask the AESM service, which is the quote helper itself, for ever.</summary>
    internal const string LoopVariable = "SGX_AESM_ADDR";

    private const int MaximumText = 1024;

    /// <summary>Serves requests on standard input until its end, then ends the process without running the library's exit code.</summary>
    /// <returns>Does not return; the type is that of an entry point.</returns>
    public static int Run()
    {
        // The library and those it loads write to standard output. They get standard error instead; frames go the old way.
        using var input = Descriptor.Duplicate(0);
        using var output = Descriptor.Duplicate(1);
        Descriptor.Replace(2, 1);
        using var requests = new FileStream(input, FileAccess.Read, bufferSize: 0);
        using var answers = new FileStream(output, FileAccess.Write, bufferSize: 0);
        Serve(requests, answers, Load, LoadTd);
        Descriptor.EndProcess(0);
        return 0;
    }

    /// <summary>Serves requests until there are no more; returns while a call may still be under way.</summary>
    internal static void Serve(
        Stream requests, Stream answers, Func<string, IDcapLibrary> load, Func<string, ITdLibrary>? loadTd = null)
    {
        // The calls have a thread of their own; this one sees the end of the quote helper even while a call hangs.
        var calls = Channel.CreateBounded<DcapWorkerFrame>(1);
        const int stackSize = 8 * 1024 * 1024;
        var thread = new Thread(() => Call(calls.Reader, answers, load, loadTd), stackSize) { IsBackground = true, Name = "dcap" };
        thread.Start();
        try
        {
            while (DcapWorkerFrame.ReadAsync(requests, CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } frame)
            {
                if (!calls.Writer.TryWrite(frame))
                {
                    return;                                                // two requests at once: not the quote helper's way
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // Whoever speaks is no quote helper, or it is gone. There is nobody to tell.
        }
    }

    private static IDcapLibrary Load(string directory)
    {
        RequireNoLoop();
        return DcapLibrary.TryLoad(directory, out var library, out var problem)
            ? library
            : throw new QuoteProviderException(AesmError.InterfaceUnavailable, problem);
    }

    private static ITdLibrary LoadTd(string directory)
    {
        RequireNoLoop();
        return TdLibrary.TryLoad(directory, out var library, out var problem)
            ? library
            : throw new QuoteProviderException(AesmError.InterfaceUnavailable, problem);
    }

    private static void RequireNoLoop()
    {
        if (Environment.GetEnvironmentVariable(LoopVariable) is not null)
        {
            throw new QuoteProviderException(
                AesmError.ConfigUnsupported, $"{LoopVariable} is set: the quoting library would ask this quote helper for its own quotes",
                $"Remove {LoopVariable} from the environment of the quote helper.");
        }
    }

    private static void Call(
        ChannelReader<DcapWorkerFrame> calls, Stream answers, Func<string, IDcapLibrary> load, Func<string, ITdLibrary>? loadTd)
    {
        IDcapLibrary? library = null;
        ITdLibrary? tds = null;
        try
        {
            while (calls.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                while (calls.TryRead(out var frame))
                {
                    answers.Write(Answer(frame, ref library, load, ref tds, loadTd));
                    answers.Flush();
                }
            }
        }
        catch (IOException)
        {
            // The quote helper is gone; the other thread has seen it, too.
        }
    }

    private static byte[] Answer(
        DcapWorkerFrame request, ref IDcapLibrary? library, Func<string, IDcapLibrary> load, ref ITdLibrary? tds,
        Func<string, ITdLibrary>? loadTd)
    {
        try
        {
            switch (request.Message)
            {
                case DcapWorkerMessage.Load when library is null && tds is null:
                    library = load(Encoding.UTF8.GetString(request.Content.Span));
                    return DcapWorkerFrame.Write(DcapWorkerMessage.Loaded, Text(library.Name));

                case DcapWorkerMessage.Initialise when library is not null && request.Content.Length == 1:
                    var target = library.Initialise(request.Content.Span[0] != 0);
                    var size = new byte[4];
                    BinaryPrimitives.WriteInt32LittleEndian(size, target.QuoteSize);
                    return DcapWorkerFrame.Write(DcapWorkerMessage.Initialised, target.TargetInfo, target.PublicKeyId, size);

                case DcapWorkerMessage.Quote when library is not null && request.Content.Length is QuoteRequest.ReportSize
                    or QuoteRequest.ReportSize + QuoteRequest.QeReportInfoSize:
                    var qeReportInfo = request.Content[QuoteRequest.ReportSize..].ToArray();
                    var quote = library.Quote(request.Content.Span[..QuoteRequest.ReportSize], qeReportInfo);
                    return DcapWorkerFrame.Write(DcapWorkerMessage.Quoted, qeReportInfo, quote);

                // A worker has one library: what one of them does to its process is not the other's to suffer.
                case DcapWorkerMessage.LoadTd when library is null && tds is null && loadTd is not null:
                    tds = loadTd(Encoding.UTF8.GetString(request.Content.Span));
                    return DcapWorkerFrame.Write(DcapWorkerMessage.Loaded, Text(tds.Name));

                case DcapWorkerMessage.QuoteTd when tds is not null && request.Content.Length == 1 + TdReport.Size:
                    return DcapWorkerFrame.Write(
                        DcapWorkerMessage.Quoted,
                        tds.Quote((TdKeyRequest)request.Content.Span[0], request.Content.Span[1..]));

                default:
                    return Failed(AesmError.Unexpected, $"the worker does not expect the message {(byte)request.Message} now");
            }
        }
        catch (DcapCallException e)
        {
            return DcapWorkerFrame.Write(DcapWorkerMessage.Refused, Number(e.Code), Text(e.Function));
        }
        catch (QuoteProviderException e)
        {
            return Failed(e.Code, e.Message);
        }
    }

    private static byte[] Failed(AesmError code, string why) =>
        DcapWorkerFrame.Write(DcapWorkerMessage.Failed, Number((uint)code), Text(why));

    private static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text.Length <= MaximumText ? text : text[..MaximumText]);
}
