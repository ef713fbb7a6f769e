import React, { useState } from "react";
import type { Item } from "./types";

interface Props {
  title: string;
  items: Item[];
}

export const List: React.FC<Props> = ({ title, items }) => {
  const [open, setOpen] = useState(false);
  // the handler
  function toggle(): void {
    setOpen(!open);
  }

  return (
    <section className="list">
      <h1 onClick={toggle}>{title}</h1>
      {items.map((item) => (
        <p key={item.id}>{`#${item.name}`}</p>
      ))}
    </section>
  );
};

export class Panel extends React.Component<Props> {
  render() {
    return <div>{/* nothing yet */}</div>;
  }
}

type Mode = "on" | "off";
