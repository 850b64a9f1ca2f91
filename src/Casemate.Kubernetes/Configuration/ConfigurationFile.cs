using System.Text;
using Casemate.Primitives.Files;
using Casemate.Primitives.Text;

namespace Casemate.Kubernetes;

/// <summary>Reads the small files of a configuration, whole and bounded.</summary>
internal static class ConfigurationFile
{
    /// <summary>The largest file: a kubeconfig with certificates of many clusters is far smaller.</summary>
    public const int MaxBytes = 4 << 20;

    /// <exception cref="KubeConfigurationException">It is absent, unreadable, too large, or no UTF-8.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return StrictUtf8.GetString(Read(path));
        }
        catch (DecoderFallbackException exception)
        {
            throw new KubeConfigurationException($"{path} is not text (UTF-8).", exception);
        }
    }

    /// <exception cref="KubeConfigurationException">It is absent, unreadable, or too large.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            return WholeFile.ReadRegular(path, MaxBytes);
        }
        catch (FileTooLargeException exception)
        {
            throw new KubeConfigurationException($"{path} is larger than {MaxBytes >> 20} MiB, the limit for such a file.", exception);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KubeConfigurationException($"{path}: no such file.", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new KubeConfigurationException(
                $"{path}: {(Directory.Exists(path) ? "is a directory, not a file" : "no permission to read it")}.", exception);
        }
        catch (IOException exception)
        {
            throw new KubeConfigurationException($"{path} cannot be read: {exception.Message.TrimEnd('.')}.", exception);
        }
    }
}
