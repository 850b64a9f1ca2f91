using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;

namespace Casemate.Node.DevicePlugin;

/// <content>
/// The directories of what containers are given: looked at whenever the hardware is, since a mount can come, go and fill up at any time.
/// </content>
internal sealed partial class DevicePluginAgent
{
    private const string Probe = ".casemate-probe";

    private volatile string? _cdiProblem;
    private volatile string? _aesmProblem;

    /// <summary>Looks whether the directories can be written to, and writes what is missing there.</summary>
    public async Task CheckDirectoriesAsync(NodeHardware hardware, CancellationToken cancellationToken)
    {
        await _applying.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            LookAtDirectories(hardware);
        }
        finally
        {
            _applying.Release();
        }
    }

    private void LookAtDirectories(NodeHardware hardware)
    {
        var before = (_cdiProblem, _aesmProblem);
        LookAtCdi(_plan!.FrontEnd is EpcFrontEnd.Dra ? null : hardware.Sgx);     // claims have specifications of their own
        LookAtAesm(hardware.Sgx);
        if (before != (_cdiProblem, _aesmProblem))
        {
            _progressed();
        }
    }

    private void LookAtCdi(SgxHardware? sgx)
    {
        if (_options.DevicePlugin.CdiDirectory is not { } directory)
        {
            return;
        }

        var problem = Try(() => CdiDevices.Write(_options.DevicePlugin, sgx, _options.Advertisement.DcapInfrastructure));
        var missing = problem is null ? null : $"the CDI specification cannot be written to {directory}: {problem}";
        if (missing == _cdiProblem)
        {
            return;
        }

        if (problem is null)
        {
            DevicePluginLog.CdiAgain(_logger, directory);
        }
        else
        {
            DevicePluginLog.NoCdi(_logger, directory, problem);
            Notify("CDINotWritten", $"The CDI specification cannot be written to {directory}: {problem}.");
        }

        _cdiProblem = missing;                                             // last: who sees the change can read why
    }

    // The kubelet would be told by each Allocate, and the node's operator by nobody. A file, since the quote helper looks at directories.
    private void LookAtAesm(SgxHardware? sgx)
    {
        if (_options.DevicePlugin.AesmAllocations is not { } root || sgx is null)
        {
            return;
        }

        var problem = Try(() =>
        {
            ContainerGrants.MakeDirectory(root);
            var path = Path.Combine(root, Probe);
            File.Delete(path);                                             // of an agent that was killed, or a link or a pipe: never opened
            using var probe = new FileStream(
                path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        });
        var missing = problem is null ? null : $"directories for AESM sockets cannot be made in {root}: {problem}";
        if (missing == _aesmProblem)
        {
            return;
        }

        if (problem is null)
        {
            DevicePluginLog.AesmAgain(_logger, root);
        }
        else
        {
            DevicePluginLog.NoAesm(_logger, root, problem);
            Notify("AESMDirectoryUnusable", $"Directories for AESM sockets cannot be made in {root}: {problem}.");
        }

        _aesmProblem = missing;
    }

    private static string? Try(Action step)
    {
        try
        {
            step();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message.TrimEnd('.');
        }
    }
}
