namespace Turnpike.LoadTest.Relay;

/// <summary>Told on the generator's thread when the measured window begins and when its last packet has come or is given up.</summary>
internal interface IWindowProbe
{
    void Open();

    /// <param name="relayed">Packets that arrived since <see cref="Open"/>, whenever they were due.</param>
    void Close(long relayed);
}
