namespace Casemate.Kubernetes;

/// <summary>Gives the credential for the next request.</summary>
internal interface ICredentialSource
{
    /// <summary>The credential that holds now.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="limit">How long whatever gives it may take.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="KubeConfigurationException">There is none: a file is missing or malformed, a program failed.</exception>
    ValueTask<KubeCredential> GetAsync(TimeProvider time, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>The server refused the last credential: fetch another one, if that is possible.</summary>
    /// <returns>False when there is only this one.</returns>
    bool Invalidate();
}
